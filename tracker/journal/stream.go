package journal

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// StreamOptions say how the journal's streams are made. They do not change
// streams that exist: those are the administrator's.
type StreamOptions struct {
	// Replicas of the streams; 0 means 3 where the cluster has three servers and
	// 1, with a warning, where it has not.
	Replicas int
	// MaxBytes bounds the journal; when it is full, new entries are refused and
	// postbacks answered 503. 0 is no bound but the server's.
	MaxBytes int64
	// Duplicates is how long JetStream itself recognises a batch sent again;
	// default 2 minutes. The ledger recognises it for ever.
	Duplicates time.Duration
}

// JetStream's error codes that decide something here.
const (
	codeAccountResources jetstream.ErrorCode = 10002
	codeNoPeers          jetstream.ErrorCode = 10005
	codeInsufficient     jetstream.ErrorCode = 10023
	codeStorageResources jetstream.ErrorCode = 10047
	codeMessageTooLarge  jetstream.ErrorCode = 10054
	codeNotClustered     jetstream.ErrorCode = 10074
	codeStoreFailed      jetstream.ErrorCode = 10077
)

// EnsureStream makes the journal's streams where they do not exist, and refuses an
// existing one that could lose entries. It is cheap once it has succeeded.
func (c *Conn) EnsureStream(ctx context.Context) error {
	c.once.Lock()
	defer c.once.Unlock()
	if c.made {
		return nil
	}
	for _, cfg := range []jetstream.StreamConfig{journalConfig(c.o.Stream), capsConfig()} {
		if err := c.ensure(ctx, cfg); err != nil {
			return fmt.Errorf("make the journal's stream %s: %w", cfg.Name, err)
		}
	}
	c.made = true
	return nil
}

// forgetStream makes the next EnsureStream look again: nobody answered for the stream.
func (c *Conn) forgetStream() {
	c.once.Lock()
	c.made = false
	c.once.Unlock()
}

func journalConfig(o StreamOptions) jetstream.StreamConfig {
	if o.Duplicates == 0 {
		o.Duplicates = 2 * time.Minute
	}
	if o.MaxBytes == 0 {
		o.MaxBytes = -1
	}
	return jetstream.StreamConfig{
		Name:        StreamName,
		Description: "Waypost: everything that happened; only the ledger trims it",
		Subjects:    []string{subjectJournal},
		Retention:   jetstream.LimitsPolicy,
		Storage:     jetstream.FileStorage,
		Discard:     jetstream.DiscardNew,
		MaxBytes:    o.MaxBytes,
		Duplicates:  o.Duplicates,
	}
}

func capsConfig() jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name:              CapsStreamName,
		Description:       "Waypost: the last state of each closed cap",
		Subjects:          []string{subjectCaps + ">"},
		Retention:         jetstream.LimitsPolicy,
		Storage:           jetstream.FileStorage,
		Discard:           jetstream.DiscardOld,
		MaxMsgsPerSubject: 1,
		AllowMsgTTL:       true,
	}
}

func (c *Conn) ensure(ctx context.Context, cfg jetstream.StreamConfig) error {
	s, err := c.js.Stream(ctx, cfg.Name)
	if err == nil {
		return c.accept(cfg, s.CachedInfo().Config)
	}
	if !errors.Is(err, jetstream.ErrStreamNotFound) {
		return err
	}
	cfg.Replicas = c.o.Stream.Replicas
	if cfg.Replicas == 0 {
		cfg.Replicas = 3
	}
	err = c.create(ctx, cfg)
	if c.o.Stream.Replicas == 0 && tooFewServers(err) {
		cfg.Replicas = 1
		err = c.create(ctx, cfg)
		if err == nil && !c.embedded {
			c.o.Log.Info("the journal has one replica: a lost server loses it; "+
				"use three NATS servers, and sync_interval: always where there is one", "stream", cfg.Name)
		}
	}
	return err
}

func (c *Conn) create(ctx context.Context, cfg jetstream.StreamConfig) error {
	_, err := c.js.CreateStream(ctx, cfg)
	if errors.Is(err, jetstream.ErrStreamNameAlreadyInUse) {
		return nil // another process was faster, with its own options
	}
	return err
}

func tooFewServers(err error) bool {
	var api *jetstream.APIError
	if !errors.As(err, &api) {
		return false
	}
	return api.ErrorCode == codeNoPeers || api.ErrorCode == codeNotClustered
}

// accept says what makes an existing stream unfit to be the journal.
func (c *Conn) accept(want, have jetstream.StreamConfig) error {
	if want.Name != StreamName {
		return nil
	}
	switch {
	case have.Retention != jetstream.LimitsPolicy:
		return errors.New("it exists with another retention policy; set retention to limits")
	case have.Discard != jetstream.DiscardNew:
		return errors.New("it exists and discards old entries when full; set discard to new")
	case have.MaxAge != 0:
		return errors.New("it exists with an age limit, which drops unread entries; remove the limit")
	case have.MaxMsgsPerSubject > 0:
		return errors.New("it exists with a limit of messages per subject; remove the limit")
	case have.NoAck:
		return errors.New("it exists without acknowledgements; set no_ack to false")
	case have.Storage != jetstream.FileStorage:
		return errors.New("it exists in memory; make it anew with file storage")
	case have.PersistMode != want.PersistMode:
		return errors.New("it exists with asynchronous persistence; make it anew with the default")
	}
	return nil
}
