package journal

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
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
// existing one that could lose entries. It is cheap once it has succeeded. Writers
// and readers call it themselves.
func (c *Conn) EnsureStream(ctx context.Context) error {
	if err := c.ensure(ctx, &c.journal); err != nil {
		return err
	}
	return c.ensure(ctx, &c.caps)
}

// streamState is what a Conn knows about one of its streams.
type streamState struct {
	config jetstream.StreamConfig
	mu     sync.Mutex
	made   bool
	// waiting is since when a cluster has had too few servers for three replicas.
	waiting time.Time
}

// ensure makes one stream if need be.
func (c *Conn) ensure(ctx context.Context, s *streamState) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.made {
		return nil
	}
	if err := c.find(ctx, s); err != nil {
		return fmt.Errorf("prepare the stream %s: %w", s.config.Name, err)
	}
	s.made = true
	return nil
}

// forget makes the next EnsureStream look again: nobody answered for the stream.
func (s *streamState) forget() {
	s.mu.Lock()
	s.made = false
	s.mu.Unlock()
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

func (c *Conn) find(ctx context.Context, s *streamState) error {
	have, err := c.js.Stream(ctx, s.config.Name)
	if err == nil {
		return c.accept(s.config, have.CachedInfo())
	}
	if !errors.Is(err, jetstream.ErrStreamNotFound) {
		return err
	}
	cfg := s.config
	cfg.Replicas = c.o.Stream.Replicas
	if cfg.Replicas != 0 {
		return c.create(ctx, cfg)
	}
	cfg.Replicas = 3
	err = c.create(ctx, cfg)
	if !c.single(s, err) {
		return err
	}
	cfg.Replicas = 1
	if err := c.create(ctx, cfg); err != nil {
		return err
	}
	c.warnOfOneReplica(cfg.Name)
	return nil
}

// single judges whether err, the answer to a wish for three replicas, means that
// there can be but one.
func (c *Conn) single(s *streamState, err error) bool {
	var api *jetstream.APIError
	if !errors.As(err, &api) {
		return false
	}
	switch api.ErrorCode {
	case codeNotClustered:
		return true
	case codeNoPeers:
		if s.waiting.IsZero() {
			s.waiting = time.Now()
		}
		return time.Since(s.waiting) >= c.patience
	}
	return false
}

func (c *Conn) create(ctx context.Context, cfg jetstream.StreamConfig) error {
	_, err := c.js.CreateStream(ctx, cfg)
	if errors.Is(err, jetstream.ErrStreamNameAlreadyInUse) {
		return nil // another process was faster, with its own options
	}
	return err
}

func (c *Conn) warnOfOneReplica(name string) {
	if !c.embedded {
		c.o.Log.Error(nil, "the stream has one replica: it is lost with its server, and without sync_interval: always its end is lost with the power; "+
			"use three NATS servers (nats stream edit --replicas 3) and set jetstream { sync_interval: always }", "stream", name)
	}
}

// accept says what makes an existing stream unfit to be the journal.
func (c *Conn) accept(want jetstream.StreamConfig, info *jetstream.StreamInfo) error {
	have := info.Config
	if have.Replicas < 2 {
		c.warnOfOneReplica(have.Name)
	}
	if want.Name != StreamName {
		return nil
	}
	switch {
	case !slices.Contains(have.Subjects, subjectJournal):
		return fmt.Errorf("it exists for other subjects; give it %s", subjectJournal)
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
