package ledger

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/waypost/waypost/tracker/journal"
	"github.com/waypost/waypost/tracker/ledger/store/storetest"
)

// A postback on one session as the checker sees it.
type (
	attempt struct {
		order string // "" without
		end   bool   // the end-point goal
	}
	sessionState struct {
		orders string // those taken, each between commas
		closed bool
	}
)

// sessionModel is what one session must look like from outside: every order once,
// and nothing new after the end point.
var sessionModel = porcupine.Model{
	Init: func() any { return sessionState{orders: ","} },
	Step: func(state, input, output any) (bool, any) {
		s, in := state.(sessionState), input.(attempt)
		key := in.order
		if in.end {
			key = "end"
		}
		switch {
		case contains(s.orders, key):
			return output == "refused duplicate", s
		case s.closed:
			return output == "refused session_closed", s
		}
		s.orders += key + ","
		s.closed = s.closed || in.end
		return output == "approved", s
	},
	Equal: func(a, b any) bool { return a == b },
	DescribeOperation: func(input, output any) string {
		return fmt.Sprintf("%+v -> %v", input, output)
	},
}

func contains(orders, key string) bool {
	for i := 0; i+len(key)+2 <= len(orders); i++ {
		if orders[i:i+len(key)+2] == ","+key+"," {
			return true
		}
	}
	return false
}

// TestLinearizable sends postbacks on one session from many callers at once, with
// retries of those that get no answer, while two ledgers fold. The verdicts must be
// those of some order in which the postbacks came one after the other.
func TestLinearizable(t *testing.T) {
	storetest.Each(t, func(t *testing.T, target string) {
		tp := newTape()
		tp.write(clickEntry(1, 0))
		first := newOffice(t, target, tp)
		second := newOffice(t, target, tp)
		answers := newExchange()
		first.ledger.o.Publish, second.ledger.o.Publish = answers, answers
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		var ledgers sync.WaitGroup
		for _, o := range []*office{first, second} {
			ledgers.Go(func() { _ = o.ledger.Run(ctx) })
		}
		operations := callers(ctx, t, tp, answers)
		cancel()
		ledgers.Wait()
		result, info := porcupine.CheckOperationsVerbose(sessionModel, operations, 20*time.Second)
		if result != porcupine.Ok {
			t.Errorf("%s: %d operations are not linearizable: %+v", result, len(operations), info)
		}
	})
}

// callers are eight advertisers' servers at once, twelve postbacks each.
func callers(ctx context.Context, t *testing.T, tp *tape, answers *exchange) []porcupine.Operation {
	var mu sync.Mutex
	var out []porcupine.Operation
	var all sync.WaitGroup
	for caller := range 8 {
		all.Go(func() {
			for i := range 12 {
				in := attempt{order: fmt.Sprintf("o%d", (caller*5+i*7)%20), end: caller == 3 && i == 8}
				begun := time.Now().UnixNano()
				reply := fmt.Sprintf("caller.%d.%d", caller, i)
				h := journal.Header{BootID: journal.BootID{9, byte(caller)}, Sequence: uint64(i + 1), Reply: reply}
				tp.put(h, in.entry(int64(i)))
				if i%4 == 0 {
					tp.put(h, in.entry(int64(i))) // the journal's answer was lost
				}
				v, err := answers.wait(ctx, reply)
				if err != nil {
					t.Errorf("no verdict on %s: %v", reply, err)
					return
				}
				mu.Lock()
				out = append(out, porcupine.Operation{ClientId: caller, Input: in, Call: begun, Output: v, Return: time.Now().UnixNano()})
				mu.Unlock()
			}
		})
	}
	all.Wait()
	return out
}

func (a attempt) entry(second int64) journal.Entry {
	return postEntry(1, 0, 10+second, func(p *journal.Postback) {
		p.OrderID = a.order
		p.Terms.Goal.Multiple = true
		if a.end {
			p.OrderID = ""
			p.Terms.Goal.Value, p.Terms.Goal.EndPoint, p.Terms.Goal.Multiple = "3", true, false
		}
	})
}

// exchange hands verdicts to those who wait for them.
type exchange struct {
	*told
	grown chan struct{}
}

func newExchange() *exchange { return &exchange{told: newTold(), grown: make(chan struct{})} }

func (x *exchange) PublishVerdicts(reply string, v journal.Verdicts) error {
	err := x.told.PublishVerdicts(reply, v)
	x.mu.Lock()
	defer x.mu.Unlock()
	close(x.grown)
	x.grown = make(chan struct{})
	return err
}

func (x *exchange) wait(ctx context.Context, reply string) (string, error) {
	for {
		x.mu.Lock()
		grown := x.grown
		x.mu.Unlock()
		if v := x.verdict(reply, 0); v != "" {
			return v, nil
		}
		select {
		case <-grown:
		case <-ctx.Done():
			return "", ctx.Err()
		}
	}
}
