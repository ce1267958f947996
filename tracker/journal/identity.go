package journal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strconv"

	"github.com/cespare/xxhash/v2"
	"github.com/nats-io/nats.go/jetstream"
)

// A journal is known by an id, which is in the metadata of its stream and travels with
// copies of it, and by the digest of a batch at a position: a batch holds the random id
// of its writer and its sequence, so no other journal has the same one there. Both are
// kept with the books, which must not be continued with the entries of another journal
// or of an older copy of their own.
const (
	metaID = "waypost.dev/journal"
	// metaHeld holds the max_bytes that a held journal gets back.
	metaHeld = "waypost.dev/held-max-bytes"
	// metaDamage holds how many bytes the server could not read, and the last position
	// when that was found.
	metaDamage = "waypost.dev/damage"
)

// State is how a journal presents itself to the books that read it.
type State struct {
	// ID is "" where none was given yet.
	ID string
	// First and Last are the positions of the first and the last batch. Of an empty
	// journal the first is one above the last.
	First, Last uint64
	// Holes is how many batches between First and Last are gone. The ledger trims from
	// the front alone, so they were lost or deleted by hand.
	Holes uint64
	// Damaged is how many bytes the server could not read when it started, now or before,
	// as long as there are batches of before that.
	Damaged uint64
	// Answered is the position of the last batch that a writer was told is durable, 0
	// where that is not known: it is of an embedded journal alone. Replaced reports
	// whether another batch is there.
	Answered uint64
	Replaced bool
	// Digest is that of the batch at the position asked for, 0 where there is none;
	// BootID and Sequence are its header's, zero where it does not decode.
	Digest   uint64
	BootID   BootID
	Sequence uint64
	// Held reports whether the journal refuses entries because of Hold.
	Held bool
}

// digest is never 0: that is the digest of what is not known.
func digest(data []byte) uint64 { return max(xxhash.Sum64(data), 1) }

// Inspect returns the state of the journal, with the batch at position.
func (c *Conn) Inspect(ctx context.Context, position uint64) (State, error) {
	answered, id := c.end.last() // first: writers go on, and this must not be ahead of the journal
	s, err := c.stream(ctx)
	if err != nil {
		return State{}, err
	}
	info, err := s.Info(ctx)
	if err != nil {
		return State{}, fmt.Errorf("read the state of the journal: %w", err)
	}
	at := info.State
	out := State{ID: info.Config.Metadata[metaID], First: max(at.FirstSeq, 1), Last: at.LastSeq, Holes: uint64(max(at.NumDeleted, 0)), Answered: answered}
	_, out.Held = info.Config.Metadata[metaHeld]
	if out.Damaged, err = c.damage(ctx, info); err != nil {
		return State{}, err
	}
	m, err := c.batchAt(ctx, s, out, out.Answered)
	if err != nil {
		return State{}, err
	}
	out.Replaced = m != nil && m.Header.Get(jetstream.MsgIDHeader) != id
	if m, err = c.batchAt(ctx, s, out, position); m == nil || err != nil {
		return out, err
	}
	out.Digest = digest(m.Data)
	if b, err := DecodeBatch(m.Data); err == nil {
		out.BootID, out.Sequence = b.BootID, b.Sequence
	}
	return out, nil
}

// batchAt returns nil where the journal has no batch.
func (c *Conn) batchAt(ctx context.Context, s jetstream.Stream, at State, position uint64) (*jetstream.RawStreamMsg, error) {
	if position < at.First || position > at.Last {
		return nil, nil
	}
	m, err := s.GetMsg(ctx, position)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read position %d of the journal: %w", position, err)
	}
	return m, nil
}

// damage returns how many bytes the server could not read. It keeps that with the stream,
// because a later start of the server has forgotten it; replicas mend it.
func (c *Conn) damage(ctx context.Context, info *jetstream.StreamInfo) (bytes uint64, err error) {
	if bytes, err = c.lost(ctx); err != nil {
		return 0, err
	}
	var known, last uint64
	_, _ = fmt.Sscan(info.Config.Metadata[metaDamage], &known, &last) // none is 0
	switch {
	case bytes != 0 && bytes != known && info.Config.Replicas < 2:
		return bytes, c.update(ctx, "keep the damage of", func(cfg *jetstream.StreamConfig) bool {
			cfg.Metadata[metaDamage] = fmt.Sprint(bytes, info.State.LastSeq)
			return true
		})
	case bytes == 0 && info.State.FirstSeq <= last:
		return known, nil
	}
	return bytes, nil
}

// lost asks for what the server lost of the stream, which the client's types leave out,
// and the server too unless it is asked for details.
func (c *Conn) lost(ctx context.Context) (bytes uint64, err error) {
	answer, err := c.nc.RequestWithContext(ctx, "$JS.API.STREAM.INFO."+StreamName, []byte(`{"deleted_details":true}`))
	if err != nil {
		return 0, fmt.Errorf("ask for the damage of the journal: %w", err)
	}
	var info struct {
		State struct {
			Lost struct {
				Bytes uint64 `json:"bytes"`
			} `json:"lost"`
		} `json:"state"`
	}
	if err := json.Unmarshal(answer.Data, &info); err != nil {
		return 0, fmt.Errorf("read the damage of the journal: %w", err)
	}
	return info.State.Lost.Bytes, nil
}

// Identify gives the journal an id. Where it ends now is where it is to end.
func (c *Conn) Identify(ctx context.Context, id string) error {
	c.end.reset()
	return c.update(ctx, "identify", func(cfg *jetstream.StreamConfig) bool {
		known := cfg.Metadata[metaID] == id
		cfg.Metadata[metaID] = id
		return !known
	})
}

// Hold makes the journal refuse new entries as a full one does, from every writer: an
// entry that is answered for would be lost with a journal that is about to be replaced.
// What it holds stays. Release ends that; each may be repeated.
func (c *Conn) Hold(ctx context.Context) error {
	return c.update(ctx, "hold", func(cfg *jetstream.StreamConfig) bool {
		if _, held := cfg.Metadata[metaHeld]; held {
			return false
		}
		cfg.Metadata[metaHeld] = strconv.FormatInt(cfg.MaxBytes, 10)
		cfg.MaxBytes = 1
		return true
	})
}

// Release lets the journal take entries again.
func (c *Conn) Release(ctx context.Context) error {
	return c.update(ctx, "release", func(cfg *jetstream.StreamConfig) bool {
		before, held := cfg.Metadata[metaHeld]
		if !held {
			return false
		}
		var err error
		if cfg.MaxBytes, err = strconv.ParseInt(before, 10, 64); err != nil {
			cfg.MaxBytes = -1
		}
		delete(cfg.Metadata, metaHeld)
		return true
	})
}

// update changes the configuration of the journal's stream, if change reports a change.
func (c *Conn) update(ctx context.Context, what string, change func(*jetstream.StreamConfig) bool) error {
	s, err := c.stream(ctx)
	if err != nil {
		return err
	}
	cfg := s.CachedInfo().Config
	cfg.Metadata = maps.Clone(cfg.Metadata)
	if cfg.Metadata == nil {
		cfg.Metadata = make(map[string]string)
	}
	if !change(&cfg) {
		return nil
	}
	_, err = c.js.UpdateStream(ctx, cfg)
	var answer *jetstream.APIError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &answer): // it names the reason, such as a full disk
		return fmt.Errorf("%s the journal: %w", what, err)
	}
	return fmt.Errorf("%s the journal (no answer; may this user change the stream %s?): %w", what, StreamName, err)
}
