package server

import (
	"reflect"
	"slices"
	"testing"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/tracker/journal"
	"github.com/waypost/waypost/tracker/live"
)

// The fields that stay at the tracker. What the checks, the ways to name a goal, the
// choice of a payout and the clicks need is used up before the ledger.
var (
	goalNotJudged  = []string{"Offer", "SlugAliases", "State", "Protocol", "Payout", "Revenue", "Encrypted"}
	offerNotJudged = []string{
		"ApprovalNeeded", "Approved", "BlockedPartners", "DestinationURL", "PreviewURL", "FallbackURL", "DeepLinkHosts",
		"GoalsDisabled", "DefaultGoal", "ClickPayout", "ClickRevenue", "Impressions", "ImpressionPayout", "ImpressionRevenue",
		"Destinations", "Keys",
	}
	partnerNotJudged = []string{"Title", "Tier", "BlockedOffers"}
)

// Every field of a goal, an offer and a partner reaches the ledger under its own name, or
// stays at the tracker on purpose.
func TestTermsHoldEveryField(t *testing.T) {
	var goal snapshot.Goal
	var offer snapshot.Offer
	var partner snapshot.Partner
	for _, body := range []any{&goal, &offer, &partner} {
		fill(t, reflect.ValueOf(body).Elem())
	}
	offer.Caps[0].Metric = snapshot.CapPayout
	network := liveNetwork(t, goal, offer, partner)
	in := postbackTerms{
		network: network, parties: partiesOf(network, network.OfferByName("Offer"), network.PartnerByName("partner")),
	}
	compare(t, goalTerms(in.offer.GoalByName("goal")), "goal", goal, goalNotJudged)
	compare(t, in.offerTerms(), "Offer", offer, offerNotJudged)
	compare(t, in.partnerTerms(), "partner", partner, partnerNotJudged)
}

func TestTermsOfNoGoalAreEmpty(t *testing.T) {
	if got := goalTerms(nil); got != (journal.GoalTerms{}) {
		t.Errorf("got %+v", got)
	}
}

// compare holds terms to the body of the object that they are of.
func compare(t *testing.T, terms any, name string, body any, notJudged []string) {
	t.Helper()
	got, want := reflect.ValueOf(terms), reflect.ValueOf(body)
	if got.FieldByName("Name").String() != name {
		t.Errorf("%T: the name is %q, want the object's, %q", terms, got.FieldByName("Name"), name)
	}
	for _, field := range reflect.VisibleFields(want.Type()) {
		judged := got.FieldByName(field.Name)
		switch {
		case field.Anonymous:
		case slices.Contains(notJudged, field.Name):
			if judged.IsValid() {
				t.Errorf("%T has %s: it is judged by", terms, field.Name)
			}
		case !judged.IsValid():
			t.Errorf("%T lacks %s: add it, or list it as not judged", terms, field.Name)
		case !reflect.DeepEqual(judged.Interface(), want.FieldByIndex(field.Index).Interface()):
			t.Errorf("%T: %s is %v, want %v", terms, field.Name, judged, want.FieldByIndex(field.Index))
		}
	}
	for _, field := range reflect.VisibleFields(got.Type()) {
		if got.FieldByIndex(field.Index).IsZero() {
			t.Errorf("%T: %s is empty", terms, field.Name)
		}
	}
}

// liveNetwork returns a network of the bodies as an index holds it.
func liveNetwork(t *testing.T, goal snapshot.Goal, offer snapshot.Offer, partner snapshot.Partner) *live.Network {
	t.Helper()
	index, err := live.Build(1, []*snapshot.Record{
		{Kind: snapshot.KindNetwork, Network: "default", Name: "network", NetworkBody: &snapshot.Network{TimeZone: "UTC"}},
		{Kind: snapshot.KindOffer, Network: "default", Name: goal.Offer, Offer: &offer},
		{Kind: snapshot.KindGoal, Network: "default", Name: "goal", Goal: &goal},
		{Kind: snapshot.KindPartner, Network: "default", Name: "partner", Partner: &partner},
	})
	if err != nil {
		t.Fatal(err)
	}
	return index.NetworkByName("default")
}

// fill sets every field to a value that is not zero: a text is the field's own name.
func fill(t *testing.T, v reflect.Value) {
	t.Helper()
	for i := range v.NumField() {
		switch f := v.Field(i); f.Kind() {
		case reflect.Struct:
			fill(t, f)
		case reflect.Pointer:
			f.Set(reflect.New(f.Type().Elem()))
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
