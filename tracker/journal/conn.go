package journal

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/go-logr/logr"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// The names on the journal's NATS account.
const (
	// StreamName is the JetStream stream that is the journal.
	StreamName = "WAYPOST_JOURNAL"
	// CapsStreamName is the stream that keeps the last state of each closed cap.
	CapsStreamName = "WAYPOST_CAPS"

	subjectBatch    = "waypost.journal.batch"
	subjectJournal  = "waypost.journal.>"
	subjectCaps     = "waypost.caps."
	subjectVerdicts = "waypost.verdicts."
)

// ConnectOptions configure how to reach the journal. The zero value is usable.
type ConnectOptions struct {
	// Name is shown by the NATS server for this connection; default "waypost".
	Name string
	// Stream is how the journal's streams are made where they do not exist yet.
	Stream StreamOptions
	// Log takes connection changes and warnings; the zero value is silent.
	Log logr.Logger
	// NATS are further options of the client: credentials, TLS.
	NATS []nats.Option
}

// Conn is a connection to the journal, shared by writers and readers of one
// process. Safe for concurrent use.
type Conn struct {
	nc      *nats.Conn
	js      jetstream.JetStream
	log     logr.Logger
	journal *madeStream
	caps    *madeStream
	// revive is called when the journal did not take a batch, and returns what is known of
	// the reason.
	revive func() error
	// end is nil for servers elsewhere.
	end *endFile
}

// Connect returns a connection to the NATS servers at url (several may be joined
// by commas). It does not wait for them: an unreachable journal is trouble that a
// Writer bridges, at start as at any other time. An error is a wrong url or option.
func Connect(url string, o ConnectOptions) (*Conn, error) {
	c, err := connect(url, o)
	if err != nil {
		return nil, fmt.Errorf("connect to the journal (check --journal-url): %w", err)
	}
	return c, nil
}

func connect(url string, o ConnectOptions, more ...nats.Option) (*Conn, error) {
	set(&o.Name, "waypost")
	options := append(append(clientOptions(o), o.NATS...), more...)
	nc, err := nats.Connect(url, options...)
	if err != nil {
		return nil, err
	}
	js, err := jetstream.New(nc)
	if err != nil {
		nc.Close()
		return nil, err
	}
	made := func(config jetstream.StreamConfig) *madeStream {
		return &madeStream{js: js, config: config, log: o.Log, patience: 30 * time.Second}
	}
	return &Conn{
		nc: nc, js: js, log: o.Log, revive: func() error { return nil },
		journal: made(journalConfig(o.Stream)), caps: made(capsConfig(o.Stream)),
	}, nil
}

func clientOptions(o ConnectOptions) []nats.Option {
	return []nats.Option{
		nats.Name(o.Name),
		nats.RetryOnFailedConnect(true),
		nats.MaxReconnects(-1),
		nats.ReconnectWait(250 * time.Millisecond),
		nats.ReconnectJitter(100*time.Millisecond, 250*time.Millisecond),
		// What is published while disconnected must fail at once: a copy that the
		// client kept and sent later could arrive after a later batch.
		nats.ReconnectBufSize(-1),
		// A server that hangs without closing the connection is left after 6 s.
		nats.PingInterval(2 * time.Second),
		nats.MaxPingsOutstanding(2),
		nats.FlusherTimeout(5 * time.Second),
		nats.Timeout(2 * time.Second),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if err != nil {
				o.Log.Info("journal disconnected", "error", err.Error())
			}
		}),
		nats.ReconnectHandler(func(nc *nats.Conn) { o.Log.Info("journal connected", "server", nc.ConnectedServerName()) }),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			o.Log.Info("journal connection trouble", "error", err.Error())
		}),
	}
}

// Close closes the connection. Close its writers and readers first.
func (c *Conn) Close() { c.nc.Close() }

// Connected reports whether a NATS server is connected right now.
func (c *Conn) Connected() bool { return c.nc.IsConnected() }

// Embedded reports whether the journal is inside this process.
func (c *Conn) Embedded() bool { return c.end != nil }

// EndPosition returns the position of the journal's last batch, 0 when it never had one.
func (c *Conn) EndPosition(ctx context.Context) (uint64, error) {
	_, last, err := c.bounds(ctx)
	return last, err
}

// bounds returns the positions of the journal's first and last batch. Of an empty
// journal the first is one above the last.
func (c *Conn) bounds(ctx context.Context) (first, last uint64, err error) {
	s, err := c.stream(ctx)
	if err != nil {
		return 0, 0, err
	}
	info, err := s.Info(ctx)
	if err != nil {
		return 0, 0, fmt.Errorf("read the state of the journal: %w", err)
	}
	return max(info.State.FirstSeq, 1), info.State.LastSeq, nil
}

// stream returns the journal's stream, making it if it does not exist.
func (c *Conn) stream(ctx context.Context) (jetstream.Stream, error) {
	s, err := c.js.Stream(ctx, StreamName)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		c.journal.forget()
		if err := c.journal.ensure(ctx); err != nil {
			return nil, err
		}
		s, err = c.js.Stream(ctx, StreamName)
	}
	if err != nil {
		return nil, fmt.Errorf("find the journal's stream %s: %w", StreamName, err)
	}
	return s, nil
}

// PublishVerdicts sends the verdicts of one batch to its reply subject, in several
// messages if they are many. It returns as soon as they are handed to the
// connection; they may be lost, and the tracker then says queued.
func (c *Conn) PublishVerdicts(reply string, v Verdicts) error {
	const most = 1000 // keeps a message far below any server's limit
	for items := v.Items; len(items) > 0; {
		n := min(len(items), most)
		data, err := encodeVerdicts(Verdicts{BootID: v.BootID, Sequence: v.Sequence, Items: items[:n]})
		if err != nil {
			return err
		}
		if err := c.nc.Publish(reply, data); err != nil {
			return fmt.Errorf("publish verdicts: %w", err)
		}
		items = items[n:]
	}
	return nil
}
