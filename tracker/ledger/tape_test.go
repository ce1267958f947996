package ledger

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/go-logr/logr/funcr"

	"github.com/waypost/waypost/tracker/journal"
	"github.com/waypost/waypost/tracker/ledger/store"
	"github.com/waypost/waypost/tracker/ledger/store/storetest"
)

func TestMain(m *testing.M) {
	if crashChild() {
		return
	}
	os.Exit(storetest.Main(m))
}

// tape is a journal in memory. It keeps batches encoded, so that every reader gets
// its own copies, as from a real one.
type tape struct {
	mu      sync.Mutex
	batches [][]byte
	grown   chan struct{}
	boot    journal.BootID
	seq     uint64
	first   uint64 // the first position there still is
	stored  time.Time
}

func newTape() *tape {
	return &tape{grown: make(chan struct{}), boot: journal.BootID{1}, first: 1, stored: time.Unix(4_000_000_000, 0)}
}

// write appends one batch of the tape's own writer.
func (tp *tape) write(entries ...journal.Entry) {
	tp.mu.Lock()
	tp.seq++
	h := journal.Header{Writer: "t", BootID: tp.boot, Sequence: tp.seq, Reply: fmt.Sprintf("reply.%d", tp.seq)}
	tp.mu.Unlock()
	tp.put(h, entries...)
}

// put appends one batch.
func (tp *tape) put(h journal.Header, entries ...journal.Entry) {
	data, err := journal.EncodeBatch(h, entries)
	if err != nil {
		panic(err)
	}
	tp.mu.Lock()
	defer tp.mu.Unlock()
	tp.batches = append(tp.batches, data)
	close(tp.grown)
	tp.grown = make(chan struct{})
}

// repeat appends a copy of the batch at a position.
func (tp *tape) repeat(position int) {
	tp.mu.Lock()
	defer tp.mu.Unlock()
	tp.batches = append(tp.batches, tp.batches[position-1])
	close(tp.grown)
	tp.grown = make(chan struct{})
}

func (tp *tape) end() uint64 {
	tp.mu.Lock()
	defer tp.mu.Unlock()
	return uint64(len(tp.batches))
}

// last is end as the ledger asks for it.
func (tp *tape) last(context.Context) (uint64, error) { return tp.end(), nil }

func (tp *tape) Append(_ context.Context, x journal.Entry) error {
	tp.write(x)
	return nil
}

func (tp *tape) open(after, _ uint64) Reader {
	return &tapeReader{tape: tp, last: max(after, tp.first-1)}
}

type tapeReader struct {
	tape *tape
	last uint64
	most int // batches at once; 0 is as many as asked for
}

func (r *tapeReader) Close() {}

func (r *tapeReader) Read(ctx context.Context, most int) ([]*journal.Batch, error) {
	if r.most > 0 {
		most = min(most, r.most)
	}
	for {
		r.tape.mu.Lock()
		left := r.tape.batches[min(r.last, uint64(len(r.tape.batches))):]
		grown := r.tape.grown
		r.tape.mu.Unlock()
		if len(left) == 0 {
			select {
			case <-grown:
				continue
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		}
		return r.decode(left[:min(most, len(left))])
	}
}

func (r *tapeReader) decode(list [][]byte) ([]*journal.Batch, error) {
	var out []*journal.Batch
	for _, data := range list {
		b, err := journal.DecodeBatch(data)
		if err != nil {
			return nil, err
		}
		r.last++
		b.Position, b.Stored = r.last, r.tape.stored
		out = append(out, b)
	}
	return out, nil
}

// office is a ledger of a test with its tape.
type office struct {
	t      *testing.T
	store  *store.Store
	tape   *tape
	ledger *Ledger
	told   *told
	close  func()
}

func newOffice(t *testing.T, target string, tp *tape, change ...func(*Options)) *office {
	t.Helper()
	s, err := store.Open(t.Context(), target)
	if err != nil {
		t.Fatal(err)
	}
	o := &office{t: t, store: s, tape: tp, told: newTold(), close: sync.OnceFunc(func() { _ = s.Close() })}
	t.Cleanup(o.close)
	options := Options{Store: s, Open: tp.open, End: tp.last, Publish: o.told, Log: testLog(t)}
	for _, c := range change {
		c(&options)
	}
	o.ledger = New(options)
	return o
}

func testLog(t *testing.T) logr.Logger {
	return funcr.New(func(prefix, args string) {
		if t.Context().Err() == nil {
			t.Log(prefix, args)
		}
	}, funcr.Options{})
}

// catchUp folds everything that is on the tape.
func (o *office) catchUp() {
	o.t.Helper()
	ctx, cancel := context.WithTimeout(o.t.Context(), time.Minute)
	defer cancel()
	run, stop := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- o.ledger.Run(run) }()
	o.await(ctx, o.tape.end())
	stop()
	<-done
}

func (o *office) await(ctx context.Context, position uint64) {
	o.t.Helper()
	for {
		at, further := o.ledger.Position()
		if at >= position {
			return
		}
		select {
		case <-further:
		case <-ctx.Done():
			o.t.Fatalf("the ledger is at %d, not at %d", at, position)
		}
	}
}

// told keeps what a ledger published.
type told struct {
	mu       sync.Mutex
	verdicts map[string][]journal.Verdict // by reply subject and entry
	caps     map[journal.CapKey]journal.CapState
}

func newTold() *told {
	return &told{verdicts: make(map[string][]journal.Verdict), caps: make(map[journal.CapKey]journal.CapState)}
}

func (x *told) PublishVerdicts(reply string, v journal.Verdicts) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, item := range v.Items {
		key := fmt.Sprintf("%s/%d", reply, item.Entry)
		x.verdicts[key] = append(x.verdicts[key], item.Verdict)
	}
	return nil
}

func (x *told) PublishCap(_ context.Context, s journal.CapState) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.caps[s.Key] = s
	return nil
}

// verdict is the last verdict on an entry, as "verdict" or "verdict reason".
func (x *told) verdict(reply string, entry int) string {
	x.mu.Lock()
	defer x.mu.Unlock()
	list := x.verdicts[fmt.Sprintf("%s/%d", reply, entry)]
	if len(list) == 0 {
		return ""
	}
	v := list[len(list)-1]
	return strings.TrimSpace(v.Verdict + " " + v.Reason)
}

// dump is the content of tables as text, sorted, for comparisons.
func dump(t *testing.T, db *sql.DB, tables ...string) map[string][]string {
	t.Helper()
	out := make(map[string][]string)
	for _, table := range tables {
		columns := "*"
		if table == "parked" { // its order differs where batches are repeated
			columns = "id, session, deadline, boot, sequence, entry, reply, terms, postback"
		}
		out[table] = rowsOf(t, db, "SELECT "+columns+" FROM "+table)
		slices.Sort(out[table])
	}
	return out
}

func rowsOf(t *testing.T, db *sql.DB, query string, args ...any) []string {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query, args...)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	out := []string{}
	for rows.Next() {
		cells, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range cells {
			into[i] = &cells[i]
		}
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		for i, c := range cells {
			if raw, ok := c.([]byte); ok {
				c = fmt.Sprintf("%x", raw)
			}
			fmt.Fprintf(&b, "%s=%v ", columns[i], c)
		}
		out = append(out, b.String())
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// sameTables compares dumps.
func sameTables(t *testing.T, got, want map[string][]string) {
	t.Helper()
	for _, table := range slices.Sorted(maps.Keys(want)) {
		g, w := got[table], want[table]
		if slices.Equal(g, w) {
			continue
		}
		t.Errorf("%s differs: %d rows, want %d", table, len(g), len(w))
		for _, row := range only(g, w) {
			t.Errorf("%s: unexpected %s", table, row)
		}
		for _, row := range only(w, g) {
			t.Errorf("%s: missing    %s", table, row)
		}
	}
}

// only returns the first few elements of a that are not in b.
func only(a, b []string) (out []string) {
	in := make(map[string]bool, len(b))
	for _, x := range b {
		in[x] = true
	}
	for _, x := range a {
		if !in[x] && len(out) < 5 {
			out = append(out, x)
		}
	}
	return out
}

// judged are the tables that follow from the journal alone.
var judged = []string{"cells", "goals", "zones", "terms", "clicks", "impressions", "sessions", "conversions", "repeats", "parked", "postbacks", "rollup_quarter", "rollup_day", "caps", "boots"}
