package soak

import (
	"context"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/waypost/waypost/tracker/journal"
)

// running are those of the processes that there are.
func (s *stage) running(names ...string) []string {
	if s.without == nil {
		return names
	}
	return slices.DeleteFunc(names, func(name string) bool { return strings.Contains(name, "postgres") })
}

// disturb kills a process and starts it again, and again another, until ctx ends.
func (s *stage) disturb(ctx context.Context, r *rand.Rand, victims ...string) {
	killed := map[string]int{}
	for {
		name := victims[r.IntN(len(victims))]
		if len(killed) < len(victims) {
			name = victims[len(killed)] // each once, then any
		}
		if name == "operator" && s.awaited.Load() {
			name = "nats" // one that dies every few seconds publishes nothing on a busy machine
		}
		var err error
		if name == "postgres" {
			err = s.postgres.Restart()
		} else {
			err = s.processes.Restart(name)
		}
		if err != nil {
			s.t.Errorf("restarting %s: %v", name, err)
			return
		}
		killed[name]++
		select {
		case <-time.After(time.Duration(200+r.IntN(1500)) * time.Millisecond):
		case <-ctx.Done():
			total := 0
			for _, n := range killed {
				total += n
			}
			s.t.Logf("killed %d times: %v", total, killed)
			return
		}
	}
}

// leaps are how far the clock of a ledger is off that goes wrong.
var leaps = []time.Duration{
	3 * time.Second, -3 * time.Second, time.Minute, -time.Minute, 20 * time.Minute, -20 * time.Minute,
	23 * time.Hour, -24 * time.Hour, 3 * 24 * time.Hour, -400 * 24 * time.Hour,
}

// leap writes ticks as ledgers do whose clocks jump, until ctx ends.
func (s *stage) leap(ctx context.Context, r *rand.Rand) {
	conn := s.journal()
	defer conn.Close()
	w, err := journal.NewWriter(conn, journal.WriterOptions{Name: "leaping"})
	s.must(err)
	ticks := 0
	for {
		select {
		case <-time.After(time.Duration(100+r.IntN(900)) * time.Millisecond):
			at := time.Now().Add(leaps[r.IntN(len(leaps))])
			if err := w.Append(ctx, journal.Entry{Tick: &journal.Tick{At: at.UnixMicro()}}); err == nil { // the server is killed, too
				ticks++
			}
		case <-ctx.Done():
			closing, cancel := context.WithTimeout(s.t.Context(), time.Minute)
			defer cancel()
			if err := w.Close(closing); err != nil {
				s.t.Errorf("closing the journal of a leaping clock: %v", err)
			}
			s.t.Logf("clocks leapt %d times", ticks)
			return
		}
	}
}

// redeliver writes batches of the journal again, as a tracker does that got no answer
// and as JetStream lets it once its own window of duplicates has passed.
func (s *stage) redeliver(ctx context.Context, r *rand.Rand) {
	nc, err := nats.Connect(s.i.JournalURL(), nats.MaxReconnects(-1), nats.ReconnectWait(50*time.Millisecond))
	s.must(err)
	defer nc.Close()
	js, err := jetstream.New(nc)
	s.must(err)
	again := 0
	for {
		select {
		case <-time.After(time.Duration(50+r.IntN(300)) * time.Millisecond):
			if err := s.batchAgain(ctx, js, r); err == nil { // the server is killed, too
				again++
			}
		case <-ctx.Done():
			s.t.Logf("%d batches came again", again)
			return
		}
	}
}

// batchAgain writes one of the last batches again, without what JetStream knows it by.
func (s *stage) batchAgain(ctx context.Context, js jetstream.JetStream, r *rand.Rand) error {
	stream, err := js.Stream(ctx, journal.StreamName)
	if err != nil {
		return err
	}
	last := stream.CachedInfo().State.LastSeq
	m, err := stream.GetMsg(ctx, max(1, last-min(last, r.Uint64N(40))))
	if err != nil {
		return err
	}
	header := nats.Header{}
	for name, values := range m.Header {
		if name != jetstream.MsgIDHeader {
			header[name] = values
		}
	}
	_, err = js.PublishMsg(ctx, &nats.Msg{Subject: m.Subject, Header: header, Data: m.Data})
	return err
}
