package server

import (
	"testing"
	"time"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/tracker/journal"
	"github.com/waypost/waypost/tracker/live"
)

// A closed cap whose limit is raised must open: no event comes through a closed
// one that could tell the ledger of the new limit.
func TestARaisedCapIsAnotherKey(t *testing.T) {
	p := parties{offer: &live.Offer{Name: "shoes"}, partner: &live.Partner{Name: "blog"}}
	limit := snapshot.Cap{Name: "daily", Metric: snapshot.CapClicks, Window: snapshot.CapDay, Limit: 10}
	raised := limit
	raised.Limit = 20
	network := &live.Network{Name: "net"}
	before, after := capKeys(network, p, []snapshot.Cap{limit}), capKeys(network, p, []snapshot.Cap{raised})
	if before[0] == after[0] {
		t.Errorf("both are %+v", before[0])
	}
	if same := capKeys(network, p, []snapshot.Cap{limit}); before[0] != same[0] {
		t.Errorf("an unchanged cap is %+v and %+v", before[0], same[0])
	}
}

// A cap that allows nothing is closed before anything was counted, ledger or none.
func TestACapOfNothingIsClosed(t *testing.T) {
	limit := snapshot.Cap{Name: "stop", Metric: snapshot.CapClicks, Window: snapshot.CapLifetime}
	one := limit
	one.Limit = 1
	p := parties{offer: &live.Offer{Name: "shoes"}, partner: &live.Partner{Name: "blog"}}
	for name, caps := range map[string]Caps{"no ledger": nil, "a ledger": &journal.Caps{}} {
		if !capped(capKeys(&live.Network{Name: "net"}, p, []snapshot.Cap{limit}), caps, time.Unix(1, 0)) {
			t.Errorf("%s: a limit of 0 lets one through", name)
		}
		if capped(capKeys(&live.Network{Name: "net"}, p, []snapshot.Cap{one}), caps, time.Unix(1, 0)) {
			t.Errorf("%s: a limit of 1 lets none through", name)
		}
	}
}
