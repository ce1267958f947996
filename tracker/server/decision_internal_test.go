package server

import (
	"testing"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/tracker/live"
)

// A request that began before a swap does not take what was decided after it: the
// journal would say that it was another configuration.
func TestDecisionOfALaterIndexIsNotTaken(t *testing.T) {
	index, err := live.Build(1, []*snapshot.Record{{Kind: snapshot.KindNetwork, Network: "default", Name: "network", NetworkBody: &snapshot.Network{}}})
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		build uint64
		want  bool
	}{{index.Build() - 1, true}, {index.Build(), true}, {index.Build() + 1, false}} {
		d := decision{build: test.build}
		if got := d.follows(index); got != test.want {
			t.Errorf("a decision of build %d follows from build %d: %v, want %v", test.build, index.Build(), got, test.want)
		}
	}
}
