package soak

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// partnerServer receives the partners' postbacks.
type partnerServer struct {
	*httptest.Server
	mu       sync.Mutex
	calls    map[string]map[string]int // by what they say: delivery ids and how often
	receipts map[string]string         // what was answered, with the delivery id that it was answered to
}

func newPartnerServer(t *testing.T) *partnerServer {
	p := &partnerServer{calls: map[string]map[string]int{}, receipts: map[string]string{}}
	p.Server = httptest.NewServer(http.HandlerFunc(p.take))
	t.Cleanup(p.Close)
	return p
}

// take answers each call with a receipt of its own; some of the first with an error.
func (p *partnerServer) take(w http.ResponseWriter, r *http.Request) {
	q, id := r.URL.Query(), r.Header.Get("Idempotency-Key")
	what := strings.TrimPrefix(r.URL.Path, "/") + " " + q.Get("conversion") + " " + q.Get("status") + " goal=" + q.Get("goal") + " payout=" + q.Get("payout")
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.calls[what] == nil {
		p.calls[what] = map[string]int{}
	}
	p.calls[what][id]++
	if p.calls[what][id] == 1 && len(p.calls)%50 == 0 {
		w.WriteHeader(http.StatusBadGateway) // to be repeated
		return
	}
	receipt := fmt.Sprintf("receipt %d", len(p.receipts))
	p.receipts[receipt] = id
	_, _ = fmt.Fprint(w, receipt) // a ledger that is killed does not read it
}

// compareCalls: everything that was due has come, nothing else has, and what came
// again had the same id.
func (s *stage) compareCalls(m *model) {
	s.t.Helper()
	s.partners.mu.Lock()
	defer s.partners.mu.Unlock()
	var got, want []string
	calls := 0
	for what, ids := range s.partners.calls {
		got = append(got, fmt.Sprintf("%s: %d", what, len(ids)))
		for _, n := range ids {
			calls += n
		}
	}
	for what, n := range m.fired {
		want = append(want, fmt.Sprintf("%s: %d", what, n))
	}
	s.t.Logf("partners were called %d times", calls)
	s.same("calls of partners", got, want)
}

// compareDeliveries: a ledger has each call of a partner delivered, and the partner's
// receipt for it. Ledgers on different databases each make all calls.
func (s *stage) compareDeliveries(m *model, name, admin string) {
	s.t.Helper()
	type line struct{ ID, State, Network, Partner, Name, Event, Status, Response string }
	var got, want []string
	s.partners.mu.Lock()
	defer s.partners.mu.Unlock()
	for _, d := range list[line](s, admin, "deliveries", "") {
		state := d.State
		if s.partners.receipts[d.Response] != d.ID {
			state += fmt.Sprintf(" with the answer %q, which was not given to it", d.Response)
		}
		got = append(got, fmt.Sprintf("%s/%s/%s %s %s %s", d.Network, d.Partner, d.Name, d.Event, d.Status, state))
	}
	for what, n := range m.fired {
		what, _, _ = strings.Cut(what, " goal=")
		for range n {
			want = append(want, what+" delivered")
		}
	}
	s.same(name+": deliveries", got, want)
}
