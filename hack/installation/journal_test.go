package installation

import (
	"bufio"
	"database/sql"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/waypost/waypost/tracker/journal"
)

// TestJournalClusterInTrouble is the promise to visitors, partners and advertisers
// while the journal's servers die: visitors are served, postbacks are answered
// truly, and nothing that was answered is missing, in the journal or the ledger. One
// tracker has a spool, the other one memory alone.
func TestJournalClusterInTrouble(t *testing.T) {
	i, p := install(t, 3, true)
	ids := clickIDs(t, i, 2)
	var all []*traffic
	for n, tracker := range i.Ports.Trackers {
		all = append(all, sendTraffic(t, tracker, ids[n]))
	}
	awaitTraffic(t, all, 100, 100, 0)

	leader := i.streamLeader(t)
	t.Logf("kill -9 %s, which leads the stream", leader)
	must(t, p.Kill(leader))
	awaitTraffic(t, all, 100, 100, 0)
	must(t, p.Again(leader))
	awaitTraffic(t, all, 100, 100, 0)

	t.Log("kill -9 all of the cluster")
	for n := range i.Ports.Journal {
		must(t, p.Kill(i.JournalName(n)))
	}
	awaitTraffic(t, all, 300, 0, 8)
	i.wantBounded(t)
	for n := range i.Ports.Journal {
		must(t, p.Again(i.JournalName(n)))
	}
	awaitTraffic(t, all, 100, 100, 0)

	for n, f := range all {
		endPolitely(t, p, fmt.Sprintf("tracker-%d", n+1), f)
	}
	i.wantAll(t, all)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// streamLeader is the NATS server that leads the journal's stream.
func (i *Installation) streamLeader(t *testing.T) string {
	t.Helper()
	nc, err := nats.Connect(i.JournalURL())
	must(t, err)
	defer nc.Close()
	js, err := jetstream.New(nc)
	must(t, err)
	leader := ""
	await(t, "a leader of the journal's stream", func() bool {
		s, err := js.Stream(t.Context(), journal.StreamName)
		if err == nil && s.CachedInfo().Cluster != nil {
			leader = s.CachedInfo().Cluster.Leader
		}
		return leader != ""
	})
	return leader
}

// wantBounded: while nothing is acknowledged, memory is held to its bound, the
// tracker with a spool uses it, and nothing is lost.
func (i *Installation) wantBounded(t *testing.T) {
	t.Helper()
	for n, tracker := range i.Ports.Trackers {
		memory, spool := metric(t, tracker, "waypost_journal_memory_bytes"), metric(t, tracker, "waypost_journal_spool_bytes")
		t.Logf("tracker %d holds %.0f bytes in memory and %.0f in its spool", n+1, memory, spool)
		if memory > 64<<20 || (spool > 0) != (n == 0) || memory+spool == 0 {
			t.Errorf("tracker %d holds %.0f bytes in memory and %.0f in its spool", n+1, memory, spool)
		}
		if lost := metric(t, tracker, "waypost_journal_lost_entries_total"); lost > 0 {
			t.Errorf("tracker %d has lost %.0f entries", n+1, lost)
		}
	}
}

// metric is the sum of a metric of one tracker.
func metric(t *testing.T, tracker TrackerPorts, name string) float64 {
	t.Helper()
	answer, err := client.Get("http://" + tracker.Admin + "/metrics")
	must(t, err)
	defer func() { _ = answer.Body.Close() }()
	sum := 0.0
	for lines := bufio.NewScanner(answer.Body); lines.Scan(); {
		rest, ours := strings.CutPrefix(lines.Text(), name)
		if !ours || rest == "" || rest[0] != ' ' && rest[0] != '{' {
			continue
		}
		value, err := strconv.ParseFloat(rest[strings.LastIndexByte(rest, ' ')+1:], 64)
		must(t, err)
		sum += value
	}
	return sum
}

// endPolitely: told to end under load, the tracker says that it is not ready,
// answers what it has taken, and ends well.
func endPolitely(t *testing.T, p *Processes, name string, f *traffic) {
	t.Helper()
	f.ending.Store(true)
	ended := make(chan error, 1)
	go func() { ended <- p.End(name) }()
	await(t, name+" to be not ready", func() bool {
		answer, err := client.Get("http://" + f.tracker.Admin + "/readyz")
		return err == nil && answer.Body.Close() == nil && answer.StatusCode == http.StatusServiceUnavailable
	})
	if err := <-ended; err != nil {
		t.Errorf("%s was told to end: %v", name, err)
	}
	f.stop()
	if wrong := f.complaints(); len(wrong) > 0 {
		t.Errorf("%s: %q", name, wrong)
	}
	t.Logf("%s: %d visits served, %d postbacks answered, the slowest after %s, %d refused with 503",
		name, f.visited.Load(), f.answered.Load(), f.longest, f.refused.Load())
}

// wantAll reads the journal and the ledger to their end.
func (i *Installation) wantAll(t *testing.T, all []*traffic) {
	t.Helper()
	read := i.readJournal(t)
	for n, f := range all {
		wantInOrder(t, read[fmt.Sprintf("tracker-%d", n+1)], f)
	}
	db, err := sql.Open("sqlite", "file:"+i.Path("ledger.db")+"?mode=ro")
	must(t, err)
	defer func() { _ = db.Close() }()
	for _, f := range all {
		prefix := f.tracker.Public + "-"
		var known map[string]bool
		await(t, "the ledger to know every postback of "+f.tracker.Public, func() bool {
			known = ordersIn(t, db, prefix)
			return len(missing(f.orders, known)) == 0
		})
	}
}

// missing are those of the orders that are not known.
func missing(orders []string, known map[string]bool) []string {
	var missing []string
	for _, o := range orders {
		if !known[o] {
			missing = append(missing, o)
		}
	}
	return missing
}

// ordersIn is the postback log of one tracker's callers.
func ordersIn(t *testing.T, db *sql.DB, prefix string) map[string]bool {
	t.Helper()
	known := map[string]bool{}
	rows, err := db.QueryContext(t.Context(), `SELECT order_id FROM postbacks`)
	if err != nil {
		return known // the ledger is writing
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var order string
		must(t, rows.Scan(&order))
		if strings.HasPrefix(order, prefix) {
			known[order] = true
		}
	}
	if rows.Err() != nil {
		return map[string]bool{} // as above
	}
	return known
}

// written are what one tracker wrote to the journal, repeated batches left out.
type written struct {
	visits []string
	orders map[string]int
}

// readJournal reads the journal to its end, by writer.
func (i *Installation) readJournal(t *testing.T) map[string]*written {
	t.Helper()
	conn, err := journal.Connect(i.JournalURL(), journal.ConnectOptions{})
	must(t, err)
	defer conn.Close()
	var end uint64
	await(t, "the journal", func() bool { end, err = conn.EndPosition(t.Context()); return err == nil })
	r := journal.NewReader(conn, 0, journal.ReaderOptions{})
	defer r.Close()
	by, last := map[string]*written{}, map[journal.BootID]uint64{}
	for position := uint64(0); position < end; {
		batches, err := r.Read(t.Context(), 100)
		must(t, err)
		for _, b := range batches {
			if position = b.Position; b.Sequence <= last[b.BootID] {
				continue // sent again, which readers pass over
			}
			last[b.BootID] = b.Sequence
			if by[b.Writer] == nil {
				by[b.Writer] = &written{orders: map[string]int{}}
			}
			by[b.Writer].add(b.Entries)
		}
	}
	return by
}

func (w *written) add(entries []journal.Entry) {
	for _, x := range entries {
		switch {
		case x.Click != nil:
			w.visits = append(w.visits, x.Click.ID)
		case x.Impression != nil:
			w.visits = append(w.visits, x.Impression.ID)
		case x.Postback != nil:
			w.orders[x.Postback.OrderID]++
		}
	}
}

// wantInOrder: every visit that was served and every postback that was answered is
// in the journal once, visits in their order. More may be in it: what was answered
// to a connection that was gone, and postbacks that were told to come again.
func wantInOrder(t *testing.T, got *written, f *traffic) {
	t.Helper()
	if got == nil {
		t.Fatalf("the journal has nothing of %s", f.tracker.Public)
	}
	seen, next := map[string]bool{}, 0
	for _, id := range got.visits {
		if seen[id] {
			t.Fatalf("%s: the visit %s is in the journal twice", f.tracker.Public, id)
		}
		seen[id] = true
		if next < len(f.visits) && id == f.visits[next] {
			next++
		}
	}
	if next < len(f.visits) {
		t.Errorf("%s: visit %d of %d is missing, or not in its place (anywhere: %v)", f.tracker.Public, next, len(f.visits), seen[f.visits[next]])
	}
	for _, order := range f.orders {
		if got.orders[order] != 1 {
			t.Errorf("the postback %s was answered and is in the journal %d times", order, got.orders[order])
		}
	}
}
