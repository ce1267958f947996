package journal

import (
	"time"

	"github.com/go-logr/logr"
)

// WriterOptions configure a Writer. The zero value of every field is its default.
type WriterOptions struct {
	// Name of the tracker or ledger, in the batches and for people.
	Name string
	// MaxBatchBytes and MaxBatchEntries close a batch; default 512 KiB and 4,096.
	MaxBatchBytes   int
	MaxBatchEntries int
	// FlushInterval is how long a click waits for company before its batch is
	// sent; default 20 ms. A batch with a postback does not wait.
	FlushInterval time.Duration
	// AckWait is how long one attempt waits for the acknowledgement before the
	// same batch is sent again; default 1 s. RetryWait is the pause after an
	// attempt that failed at once; default 100 ms.
	AckWait   time.Duration
	RetryWait time.Duration
	// DurableWait is how long a postback waits to be durable; default 5 s.
	DurableWait time.Duration
	// VerdictWait is how long a durable postback waits for its verdict; default 250 ms.
	VerdictWait time.Duration
	// MemoryBytes bounds what is kept in memory while the journal does not take
	// it; default 64 MiB, some 200,000 clicks.
	MemoryBytes int
	// Spool is the file that takes over from memory after SpoolAfter (default 1 s)
	// of trouble, or when memory is half full; "" keeps to memory. SpoolBytes
	// bounds the file; default 4 GiB. See spool.go for when it is synced.
	Spool      string
	SpoolAfter time.Duration
	SpoolBytes int64
	// Metrics counts; nil counts nothing.
	Metrics *WriterMetrics
	// Log takes trouble and losses; the zero value is silent.
	Log logr.Logger
}

// spoolInterval is how long entries gather before they are spooled: larger
// batches are caught up with faster.
const spoolInterval = 200 * time.Millisecond

// maxEntryBytes bounds one entry, so that its batch can be decoded.
const maxEntryBytes = MaxBatchBytes / 2

func (o WriterOptions) withDefaults() WriterOptions {
	set(&o.MaxBatchBytes, 512<<10)
	set(&o.MaxBatchEntries, 4096)
	set(&o.FlushInterval, 20*time.Millisecond)
	set(&o.AckWait, time.Second)
	set(&o.RetryWait, 100*time.Millisecond)
	set(&o.DurableWait, 5*time.Second)
	set(&o.VerdictWait, 250*time.Millisecond)
	set(&o.MemoryBytes, 64<<20)
	set(&o.SpoolAfter, time.Second)
	set(&o.SpoolBytes, 4<<30)
	o.MaxBatchEntries = min(o.MaxBatchEntries, MaxBatchEntries)
	return o
}

func set[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}
