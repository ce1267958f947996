package server

import (
	"reflect"
	"slices"
	"testing"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/tracker/journal"
	"github.com/waypost/waypost/tracker/live"
)

// notJudged are the fields of a goal that stay at the tracker. What the checks, the
// ways to name a goal and the choice of a payout need is used up before the ledger.
var notJudged = []string{"Offer", "SlugAliases", "State", "Protocol", "Payout", "Revenue", "Encrypted"}

// Every field of a goal reaches the ledger under its own name, or stays at the tracker
// on purpose.
func TestGoalTermsHoldEveryFieldOfAGoal(t *testing.T) {
	var full snapshot.Goal
	fill(t, reflect.ValueOf(&full).Elem())
	terms := reflect.ValueOf(goalTerms(liveGoal(t, "purchase", full)))
	if name := terms.FieldByName("Name").String(); name != "purchase" {
		t.Errorf("Name is %q, want the object's", name)
	}
	for _, field := range reflect.VisibleFields(reflect.TypeFor[snapshot.Goal]()) {
		got := terms.FieldByName(field.Name)
		switch want := reflect.ValueOf(full).FieldByIndex(field.Index); {
		case field.Anonymous:
		case slices.Contains(notJudged, field.Name):
			if got.IsValid() {
				t.Errorf("%s reaches the ledger: take it out of notJudged", field.Name)
			}
		case !got.IsValid():
			t.Errorf("%s does not reach the ledger: add it to snapshot.Goal's rules and journal.GoalTerms, or to notJudged", field.Name)
		case !got.Equal(want):
			t.Errorf("%s is %v, want %v", field.Name, got, want)
		}
	}
	for _, field := range reflect.VisibleFields(terms.Type()) {
		if terms.FieldByIndex(field.Index).IsZero() {
			t.Errorf("%s is empty", field.Name)
		}
	}
}

func TestTermsOfNoGoalAreEmpty(t *testing.T) {
	if got := goalTerms(nil); got != (journal.GoalTerms{}) {
		t.Errorf("got %+v", got)
	}
}

// liveGoal returns a goal as an index holds it.
func liveGoal(t *testing.T, name string, g snapshot.Goal) *live.Goal {
	t.Helper()
	record := func(kind snapshot.Kind, name string) *snapshot.Record {
		return &snapshot.Record{Kind: kind, Network: "default", Name: name}
	}
	network, offer, goal := record(snapshot.KindNetwork, "network"), record(snapshot.KindOffer, g.Offer), record(snapshot.KindGoal, name)
	network.NetworkBody, goal.Goal = &snapshot.Network{}, &g
	offer.Offer = &snapshot.Offer{TrackingID: "1", DefaultGoal: &snapshot.Goal{Value: "1"}}
	index, err := live.Build(1, []*snapshot.Record{network, offer, goal})
	if err != nil {
		t.Fatal(err)
	}
	return index.NetworkByName("default").Offer("1").GoalByName(name)
}

// fill sets every field to a value that is not zero: a text is the field's own name.
func fill(t *testing.T, v reflect.Value) {
	t.Helper()
	for i := range v.NumField() {
		switch f := v.Field(i); f.Kind() {
		case reflect.Struct:
			fill(t, f)
		case reflect.Slice:
			f.Set(reflect.MakeSlice(f.Type(), 1, 1))
		case reflect.String:
			f.SetString(v.Type().Field(i).Name)
		case reflect.Bool:
			f.SetBool(true)
		case reflect.Uint8:
			f.SetUint(1)
		case reflect.Int32, reflect.Int64:
			f.SetInt(1)
		default:
			t.Fatalf("no value for %s of kind %s", v.Type().Field(i).Name, f.Kind())
		}
	}
}
