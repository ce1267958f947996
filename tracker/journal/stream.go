package journal

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/go-logr/logr"
	"github.com/nats-io/nats.go/jetstream"
)

// StreamOptions configure how the journal's streams are made. They do not change
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
	if err := c.journal.ensure(ctx); err != nil {
		return err
	}
	return c.caps.ensure(ctx)
}

// madeStream is one of a Conn's streams, made at its first use where it does not exist.
// Safe for concurrent use.
type madeStream struct {
	js     jetstream.JetStream
	config jetstream.StreamConfig // Replicas as StreamOptions has them
	log    logr.Logger
	// alone is whether one replica is all that there is meant to be.
	alone bool
	// patience is how long a cluster may take to gather three servers before one
	// replica has to do: a stream gets no more replicas by itself later.
	patience time.Duration

	mu   sync.Mutex
	made bool
	// waiting is since when a cluster has had too few servers for three replicas.
	waiting time.Time
}

// ensure makes the stream if need be.
func (s *madeStream) ensure(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.made {
		return nil
	}
	if err := s.find(ctx); err != nil {
		return fmt.Errorf("prepare the stream %s: %w", s.config.Name, err)
	}
	s.made = true
	return nil
}

// forget makes the next ensure look again: no server answered for the stream.
func (s *madeStream) forget() {
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
		Replicas:    o.Replicas,
	}
}

func capsConfig(o StreamOptions) jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name:              CapsStreamName,
		Description:       "Waypost: the last state of each closed cap",
		Subjects:          []string{subjectCaps + ">"},
		Retention:         jetstream.LimitsPolicy,
		Storage:           jetstream.FileStorage,
		Discard:           jetstream.DiscardOld,
		MaxMsgsPerSubject: 1,
		AllowMsgTTL:       true,
		Replicas:          o.Replicas,
	}
}

func (s *madeStream) find(ctx context.Context) error {
	have, err := s.js.Stream(ctx, s.config.Name)
	if err == nil {
		return s.accept(have.CachedInfo().Config)
	}
	if !errors.Is(err, jetstream.ErrStreamNotFound) {
		return err
	}
	if s.config.Replicas != 0 {
		return s.create(ctx, s.config.Replicas)
	}
	if err = s.create(ctx, 3); !s.single(err) {
		return err
	}
	if err := s.create(ctx, 1); err != nil {
		return err
	}
	s.warnOfOneReplica()
	return nil
}

// single reports whether err, the answer to a wish for three replicas, means that
// there can be but one.
func (s *madeStream) single(err error) bool {
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
		return time.Since(s.waiting) >= s.patience
	}
	return false
}

func (s *madeStream) create(ctx context.Context, replicas int) error {
	cfg := s.config
	cfg.Replicas = replicas
	_, err := s.js.CreateStream(ctx, cfg)
	if errors.Is(err, jetstream.ErrStreamNameAlreadyInUse) {
		return nil // another process was faster, with its own options
	}
	return err
}

func (s *madeStream) warnOfOneReplica() {
	if !s.alone {
		s.log.Error(nil, "the stream has one replica: it is lost with its server, and without sync_interval: always its end is lost with the power; "+
			"use three NATS servers (nats stream edit --replicas 3) and set jetstream { sync_interval: always }", "stream", s.config.Name)
	}
}

// accept returns what makes an existing stream unfit to be the journal, with what to
// change. The stream of closed caps may have any form.
func (s *madeStream) accept(have jetstream.StreamConfig) error {
	if have.Replicas < 2 {
		s.warnOfOneReplica()
	}
	if s.config.Name != StreamName {
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
	case have.PersistMode != s.config.PersistMode:
		return errors.New("it exists with asynchronous persistence; make it anew with the default")
	}
	return nil
}
