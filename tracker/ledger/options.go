package ledger

import (
	"context"
	"time"

	"github.com/go-logr/logr"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/waypost/waypost/tracker/journal"
	"github.com/waypost/waypost/tracker/ledger/store"
)

// Reader reads the journal in order; a journal.Reader is one.
type Reader interface {
	Read(ctx context.Context, most int) ([]*journal.Batch, error)
	Close()
}

// Appender puts the ledger's own entries into the journal; a journal.Writer is one.
type Appender interface {
	Append(ctx context.Context, x journal.Entry) error
}

// Publisher sends the trackers what was decided; a journal.Conn is one.
type Publisher interface {
	PublishVerdicts(reply string, v journal.Verdicts) error
	PublishCap(ctx context.Context, s journal.CapState) error
}

// Trimmer removes what no ledger needs any more from the journal; a journal.Conn is one.
type Trimmer interface {
	Trim(ctx context.Context, position uint64, notAfter time.Time) (uint64, error)
}

// Journal identifies a journal; a journal.Conn is one.
type Journal interface {
	Inspect(ctx context.Context, position uint64) (journal.State, error)
	Identify(ctx context.Context, id string) error
	Hold(ctx context.Context) error
	Release(ctx context.Context) error
}

// Options configure a Ledger. Store and Open are required.
type Options struct {
	Store *store.Store
	// Open starts reading the journal after a position, where the batch with the digest
	// is; 0 is a batch that is not known.
	Open func(after, digest uint64) Reader
	// Journal recognises the journal; nil takes any.
	Journal Journal
	// Patience is how long a mismatch with the journal must last before it is believed: a
	// server that has just become leader may lag for a moment.
	Patience time.Duration
	// OwnJournal is whether no other books can have the journal: it is inside this process.
	OwnJournal bool
	// Accept is the code of a mismatch that is accepted.
	Accept string
	// NewKeys is the code of a loss of sealing keys that is accepted.
	NewKeys string
	// End returns the position of the journal's last batch. Rebuild needs it.
	End func(context.Context) (uint64, error)
	// Append puts ticks into the journal; without it no time passes.
	Append Appender
	// Publish takes verdicts and closed caps; nil drops them.
	Publish Publisher
	// Trim trims the journal; nil lets it grow.
	Trim Trimmer
	// JournalRetain is how long the journal is kept; 0 and more than 35 days mean
	// 35 days.
	JournalRetain time.Duration
	// Retain is how long rows of clicks and impressions are kept, in whole days;
	// 0 keeps them. Rules on click data do not match conversions of later.
	Retain time.Duration
	// RetainPersonal is how long the visitor's address, user agent and referrer are
	// kept, in whole days; 0 keeps them as long as the rows.
	RetainPersonal time.Duration
	// Tracer gets a span of each traced postback that was judged; nil for none.
	Tracer trace.Tracer
	// Now is the clock of ticks and of trimming; nil is time.Now.
	Now func() time.Time
	Log logr.Logger
	// Metrics counts what is folded; nil counts nothing.
	Metrics *Metrics
}

// maxJournalRetain is the architecture's bound on the age of the journal.
const maxJournalRetain = 35 * 24 * time.Hour

func (o *Options) defaults() {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Tracer == nil {
		o.Tracer = noop.NewTracerProvider().Tracer("")
	}
	if o.JournalRetain <= 0 || o.JournalRetain > maxJournalRetain {
		o.JournalRetain = maxJournalRetain
	}
}
