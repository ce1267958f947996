package soak

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/waypost/waypost/hack/installation"
	"github.com/waypost/waypost/tracker/journal"
)

// number is an environment variable's.
func number(name string, otherwise uint64) uint64 {
	n, err := strconv.ParseUint(os.Getenv(name), 10, 32)
	if err != nil {
		return otherwise
	}
	return n
}

// TestModelAgreesWithTheInstallation is the promise of the whole: whatever comes,
// whatever dies, every postback is judged once, by docs/rules.md, to the cent,
// on both engines; partners hear of it; and a rebuild gives the same tables. More
// of it: make soak.
func TestModelAgreesWithTheInstallation(t *testing.T) {
	seed, events := number("WAYPOST_SOAK_SEED", 1), int(number("WAYPOST_SOAK_EVENTS", 4000))
	t.Logf("seed %d, %d events", seed, events)
	w := newWorld(rand.New(rand.NewPCG(seed, 1)), events)
	s := newStage(t, w)
	s.linearizable(seed, 6)
	begun := time.Now()
	told := s.load(seed, events*9/10, true)
	s.t.Logf("sent in %s", time.Since(begun).Round(time.Second))
	s.passTime(2 * time.Hour) // holds end
	later := s.load(seed+1, events/10, false)
	for serial, list := range later.verdicts {
		told.verdicts[serial] = append(told.verdicts[serial], list...)
	}
	told.decided = append(told.decided, later.decided...)
	s.passTime(4 * time.Hour)
	s.passTime(5 * time.Hour) // what waits for clicks that were lost waits no longer
	m := s.fold(s.settle())
	for i, x := range m.wrong {
		if i < 10 {
			t.Error(x)
		}
	}
	s.compareAnswers(m, told)
	for _, l := range s.i.Ledgers {
		s.compareLedger(m, l.Name, l.Admin)
		s.compareDeliveries(m, l.Name, l.Admin)
	}
	s.compareCalls(m)
	for _, l := range s.i.Ledgers {
		s.must(s.processes.Kill(l.Name))
	}
	s.rebuild(s.i.Ledgers[0])
	if s.without != nil {
		s.t.Skipf("NO ENGINE BUT SQLITE HERE, SO THE OTHER WAS NOT HELD TO THE MODEL: %v", s.without)
	}
	s.rebuild(s.i.Ledgers[1])
}

func (s *stage) journal() *journal.Conn {
	s.t.Helper()
	conn, err := journal.Connect(s.i.JournalURL(), journal.ConnectOptions{Name: "soak"})
	s.must(err)
	return conn
}

// passTime says in the journal, as a ledger does, that time has passed.
func (s *stage) passTime(by time.Duration) {
	s.t.Helper()
	conn := s.journal()
	defer conn.Close()
	w, err := journal.NewWriter(conn, journal.WriterOptions{Name: "soak"})
	s.must(err)
	ctx, cancel := context.WithTimeout(s.t.Context(), time.Minute)
	defer cancel()
	s.must(w.Append(ctx, journal.Entry{Tick: &journal.Tick{At: time.Now().Add(by).UnixMicro()}}))
	s.must(w.Close(ctx))
}

// settle waits until every ledger has folded the whole journal and has nothing left
// to deliver. It returns where the journal ends.
func (s *stage) settle() uint64 {
	s.t.Helper()
	deadline := time.Now().Add(4 * time.Minute)
	why := ""
	for time.Now().Before(deadline) {
		end := s.end()
		why = ""
		for _, l := range s.i.Ledgers {
			why += s.unsettled(l, end)
		}
		if why == "" {
			return end
		}
		time.Sleep(200 * time.Millisecond) // other processes; there is nothing to wait on
	}
	s.t.Fatalf("the ledgers do not settle: %s", why)
	return 0
}

// unsettled says what a ledger still has to do, "" if nothing.
func (s *stage) unsettled(l installation.Ledger, end uint64) string {
	position, parked := s.position(l)
	if uint64(position) != end || parked != 0 {
		return fmt.Sprintf("%s is at %d of %d, %d postbacks are parked; ", l.Name, position, end, parked)
	}
	var waiting struct {
		Items []struct {
			ID     string
			NextAt *time.Time
		}
	}
	if err := get("http://"+l.Admin+"/api/v1/deliveries?state=pending&limit=1000", &waiting); err != nil {
		return err.Error()
	}
	for _, d := range waiting.Items {
		if d.NextAt != nil && d.NextAt.After(time.Now()) { // it has failed, or its hold ends in a time that only the journal has seen
			_, err := post(s.t.Context(), "http://"+l.Admin+"/api/v1/deliveries/"+d.ID+"/retry", nil)
			s.must(err) // whatever it says: it may just have been delivered
		}
	}
	if len(waiting.Items) == 0 {
		return ""
	}
	return fmt.Sprintf("%s has %d deliveries to make, the first %+v; ", l.Name, len(waiting.Items), waiting.Items[0])
}

// end is the journal's last position.
func (s *stage) end() uint64 {
	s.t.Helper()
	nc, err := nats.Connect(s.i.JournalURL(), nats.Timeout(30*time.Second))
	s.must(err)
	defer nc.Close()
	js, err := jetstream.New(nc)
	s.must(err)
	stream, err := js.Stream(s.t.Context(), journal.StreamName)
	s.must(err)
	return stream.CachedInfo().State.LastSeq
}

// fold gives the model the whole journal.
func (s *stage) fold(end uint64) *model {
	s.t.Helper()
	conn := s.journal()
	defer conn.Close()
	r := journal.NewReader(conn, 0, journal.ReaderOptions{})
	defer r.Close()
	m := newModel(s.traffic, s.versions)
	batches, last := 0, uint64(0)
	for last < end {
		list, err := r.Read(s.t.Context(), 1000)
		s.must(err)
		for _, b := range list {
			if b.Malformed != nil || b.Missing != 0 {
				s.t.Fatalf("position %d: %v, %d missing", b.Position, b.Malformed, b.Missing)
			}
			m.take(b)
			last = b.Position
			batches++
		}
	}
	seen := map[string]int{}
	for _, v := range m.verdicts {
		seen[v.verdict]++
	}
	s.t.Logf("journal: %d batches, %d clicks and impressions, %d postbacks, %d decisions; verdicts %v", batches, len(m.rows), len(m.verdicts), m.moderated, seen)
	return m
}
