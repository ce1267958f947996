package soak

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"github.com/anishathalye/porcupine"
)

// A postback on one session, as the checker sees it, and what a session remembers.
type (
	attempt struct {
		order string
		end   bool // the end-point goal
	}
	sessionState struct {
		taken  string // orders, each between commas
		closed bool
	}
)

// unknown is the outcome of a postback whose answer was lost, or that is only
// queued: it counts sometime, or never.
const unknown = "unknown"

// sessionModel is what one session must look like from outside: every order once,
// and nothing new after the end point.
var sessionModel = porcupine.NondeterministicModel{
	Init: func() []any { return []any{sessionState{taken: ","}} },
	Step: func(state, input, output any) []any {
		s, in := state.(sessionState), input.(attempt)
		key := in.order
		if in.end {
			key = "end"
		}
		is, next := "approved", s
		switch {
		case strings.Contains(s.taken, ","+key+","):
			is = "refused duplicate"
		case s.closed:
			is = "refused session_closed"
		default:
			next = sessionState{s.taken + key + ",", s.closed || in.end}
		}
		switch output {
		case is:
			return []any{next}
		case unknown:
			return []any{s, next}
		}
		return nil
	},
}

// linearizable has many callers post on the same few sessions through both trackers
// while processes are killed. The answers on each session must be those of some
// order in which its postbacks came one after the other.
func (s *stage) linearizable(seed uint64, sessions int) {
	s.t.Helper()
	ctx, stop := context.WithCancel(s.t.Context())
	var disturber, all sync.WaitGroup
	disturber.Go(func() {
		s.disturb(ctx, rand.New(rand.NewPCG(seed, 7)), s.running("ledger-postgres-1", "tracker-2", "ledger-sqlite", "ledger-postgres-2")...)
	})
	answered, lost := 0, 0
	var mu sync.Mutex
	for n := range sessions {
		all.Go(func() {
			operations := s.session(ctx, seed, n)
			result, info := porcupine.CheckOperationsVerbose(sessionModel.ToModel(), operations, 30*time.Second)
			if result != porcupine.Ok {
				s.t.Errorf("%s: the %d answers on session %d are not linearizable: %+v", result, len(operations), n, info)
			}
			mu.Lock()
			defer mu.Unlock()
			for _, o := range operations {
				if o.Output == unknown {
					lost++
				} else {
					answered++
				}
			}
		})
	}
	all.Wait()
	stop()
	disturber.Wait()
	s.t.Logf("linearizable: %d sessions, %d verdicts, %d postbacks without one", sessions, answered, lost)
	if answered < lost {
		s.t.Errorf("%d verdicts only; that checks nothing", answered)
	}
}

// session is six callers on one session.
func (s *stage) session(ctx context.Context, seed uint64, n int) []porcupine.Operation {
	x := &sender{s.traffic, rand.New(rand.NewPCG(seed, 1000+uint64(n)))}
	click := &request{network: "net-plain", path: "/click", source: "198.51.100.9", agent: agents["desktop"], meaning: map[string]string{"offer": "100", "partner": "200"}}
	x.register(click).render(x.Rand)
	id := s.arrive(ctx, x, click)
	var mu sync.Mutex
	var out []porcupine.Operation
	var callers sync.WaitGroup
	for caller := range 6 {
		callers.Go(func() {
			x := &sender{s.traffic, rand.New(rand.NewPCG(seed, uint64(2000+100*n+caller)))}
			for k := range 8 {
				in := attempt{order: fmt.Sprintf("s%d-o%d", n, x.IntN(14)), end: caller == 2 && k == 5}
				for _, o := range s.attempt(ctx, x, id, in) {
					o.ClientId = caller
					mu.Lock()
					out = append(out, o)
					mu.Unlock()
				}
			}
		})
	}
	callers.Wait()
	return out
}

// attempt posts until there is an answer. A try without one is an operation too: it
// may have counted, or count later.
func (s *stage) attempt(ctx context.Context, x *sender, click string, in attempt) (out []porcupine.Operation) {
	q := &request{network: "net-plain", path: "/postback", source: "203.0.113.5", meaning: map[string]string{"click": click, "goal": "order", "order": in.order}}
	if in.end {
		q.meaning = map[string]string{"click": click, "goal": "done"}
	}
	x.register(q).render(x.Rand)
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); {
		o := porcupine.Operation{Input: in, Call: time.Now().UnixNano(), Output: unknown, Return: math.MaxInt64}
		res, err := q.send(ctx, s.i.Ports.Trackers[x.IntN(2)].Public, "go.plain.example")
		if err == nil && res.status != 503 {
			if verdict, _ := s.heard(q, res); verdict != "queued" {
				o.Output, o.Return = verdict, time.Now().UnixNano()
			}
			return append(out, o)
		}
		out = append(out, o)
		time.Sleep(time.Duration(50+x.IntN(100)) * time.Millisecond) // this is how a caller repeats
	}
	s.t.Errorf("no answer to %v within a minute", q.params)
	return out
}
