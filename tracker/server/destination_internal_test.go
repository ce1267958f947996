package server

import (
	"strconv"
	"testing"

	"github.com/waypost/waypost/api/macro"
	"github.com/waypost/waypost/tracker/live"
)

// noValues has no value for any macro.
type noValues struct{}

func (noValues) AppendMacro(dst []byte, _ macro.Macro) []byte { return dst }

func parseDestination() (*macro.Template, error) {
	return macro.Parse(linkOffer.Body.DestinationURL, macro.Offer)
}

func TestDestinationsArePickedByWeight(t *testing.T) {
	destinations := []live.Destination{{Name: "a", Weight: 70}, {Name: "b", Weight: 25}, {Name: "c", Weight: 5}}
	got := map[string]int{}
	const n = 20_000
	for i := range n {
		got[pickDestination(destinations, []byte("impression "+strconv.Itoa(i))).Name]++
	}
	for _, d := range destinations {
		want := n * int(d.Weight) / 100
		if diff := got[d.Name] - want; diff < -300 || diff > 300 {
			t.Errorf("%s got %d of %d, want about %d", d.Name, got[d.Name], n, want)
		}
	}
}

func TestTheSameImpressionGoesToTheSameDestination(t *testing.T) {
	destinations := []live.Destination{{Name: "a", Weight: 1}, {Name: "b", Weight: 1}}
	for i := range 100 {
		id := []byte(strconv.Itoa(i))
		first := pickDestination(destinations, id)
		if again := pickDestination(destinations, id); again != first {
			t.Fatalf("%s went to %s and to %s", id, first.Name, again.Name)
		}
	}
}

func TestWithoutDestinations(t *testing.T) {
	if d := pickDestination(nil, []byte("x")); d != nil {
		t.Errorf("picked %s of none", d.Name)
	}
}
