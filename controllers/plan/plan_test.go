package plan

import (
	"strings"
	"testing"
	"time"

	"github.com/waypost/waypost/api/money"
	"github.com/waypost/waypost/api/snapshot"
)

var now = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

func amount(t *testing.T, s string) money.Amount {
	t.Helper()
	a, err := money.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// shoes is a network with one offer, a purchase goal and three partners: one with
// an override, one of tier gold, one without terms of its own.
func shoes(t *testing.T) []*snapshot.Record {
	t.Helper()
	gold := amount(t, "1.20")
	record := func(kind snapshot.Kind, name string) *snapshot.Record {
		return &snapshot.Record{Kind: kind, Network: "net", Name: name}
	}
	network := record(snapshot.KindNetwork, "net")
	network.NetworkBody = &snapshot.Network{Currency: "USD"}
	offer := record(snapshot.KindOffer, "shoes")
	offer.Offer = &snapshot.Offer{TrackingID: "1", Currency: "USD", DestinationURL: "https://a.example/", DefaultGoal: &snapshot.Goal{Value: "1"}}
	goal := record(snapshot.KindGoal, "purchase")
	goal.Goal = &snapshot.Goal{Offer: "shoes", Value: "2", Slug: "purchase", Payout: snapshot.Pay{
		Flat: amount(t, "1.00"), Tiers: []snapshot.TierPay{{Tier: "gold", Flat: &gold}},
	}}
	records := []*snapshot.Record{network, offer, goal}
	for name, tier := range map[string]string{"blog": "", "gold": "gold", "plain": ""} {
		p := record(snapshot.KindPartner, name)
		p.Partner = &snapshot.Partner{TrackingID: name, Tier: tier}
		records = append(records, p)
	}
	payout := record(snapshot.KindPartnerPayout, "blog")
	payout.PartnerPayout = &snapshot.PartnerPayout{Partner: "blog", Overrides: []snapshot.Override{
		{Name: "own", Offer: "shoes", Goal: "2", Payout: &snapshot.PayoutTerms{Flat: amount(t, "1.40")}},
	}}
	return append(records, payout)
}

func find(records []*snapshot.Record, kind snapshot.Kind) *snapshot.Record {
	for _, r := range records {
		if r.Kind == kind {
			return r
		}
	}
	return nil
}

func TestDiff(t *testing.T) {
	for _, tc := range []struct {
		name   string
		change func(*testing.T, []*snapshot.Record) []*snapshot.Record
		want   []string
	}{
		{"nothing", func(_ *testing.T, r []*snapshot.Record) []*snapshot.Record { return r }, []string{"No change in money, links or traffic."}},
		{"a goal's payout: partners with terms of their own are not concerned",
			func(t *testing.T, r []*snapshot.Record) []*snapshot.Record {
				find(r, snapshot.KindGoal).Goal.Payout.Flat = amount(t, "1.10")
				return r
			},
			[]string{"money (network net)", "  Offer/shoes goal 2 for partners without terms of their own: payout 1.00 → 1.10"}},
		{"an override for December, on top of the standing one",
			func(t *testing.T, r []*snapshot.Record) []*snapshot.Record {
				p := find(r, snapshot.KindPartnerPayout).PartnerPayout
				p.Overrides = append(p.Overrides, snapshot.Override{
					Name: "december", Offer: "shoes", Goal: "2", Payout: &snapshot.PayoutTerms{Flat: amount(t, "9.00")},
					From: time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC).Unix(), Until: time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC).Unix(),
				})
				return r
			},
			[]string{"money (network net)", "  Offer/shoes goal 2 for blog from 2026-12-01T00:00:00Z: payout 1.40 (override blog/own) → 9.00 (override blog/december)"}},
		{"the tier's amount",
			func(t *testing.T, r []*snapshot.Record) []*snapshot.Record {
				more := amount(t, "1.50")
				find(r, snapshot.KindGoal).Goal.Payout.Tiers[0].Flat = &more
				return r
			},
			[]string{"money (network net)", "  Offer/shoes goal 2 for gold: payout 1.20 (tier gold) → 1.50 (tier gold)"}},
		{"a slug without its alias, and a currency",
			func(_ *testing.T, r []*snapshot.Record) []*snapshot.Record {
				find(r, snapshot.KindGoal).Goal.Slug = "sale"
				find(r, snapshot.KindOffer).Offer.Currency = "EUR"
				return r
			},
			[]string{"breaking (network net)", "  Offer/shoes: currency USD → EUR", "  Offer/shoes goal 2: slug (without the old one as an alias) purchase → sale"}},
		{"a slug with its alias",
			func(_ *testing.T, r []*snapshot.Record) []*snapshot.Record {
				g := find(r, snapshot.KindGoal).Goal
				g.Slug, g.SlugAliases = "sale", []string{"Purchase"}
				return r
			},
			[]string{"No change in money, links or traffic."}},
		{"attribution, each part of it",
			func(_ *testing.T, r []*snapshot.Record) []*snapshot.Record {
				find(r, snapshot.KindOffer).Offer.Attribution = snapshot.Attribution{
					ClickLookbackHours: 24, MinimumClickSeconds: 5, ViewThrough: true, ImpressionLookbackHours: 1,
				}
				return r
			},
			[]string{
				"breaking (network net)", "  Offer/shoes: click look-back hours 0 → 24", "  Offer/shoes: minimum click seconds 0 → 5",
				"  Offer/shoes: view-through Disabled → Enabled", "  Offer/shoes: impression look-back hours 0 → 1",
			}},
		{"the goal is gone",
			func(_ *testing.T, r []*snapshot.Record) []*snapshot.Record {
				return append(r[:2:2], r[3:]...)
			},
			[]string{"breaking (network net)", "  Goal/purchase: object is gone"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var text strings.Builder
			if err := WriteText(&text, Diff(shoes(t), tc.change(t, shoes(t)), now)); err != nil {
				t.Fatal(err)
			}
			if got, want := text.String(), strings.Join(tc.want, "\n")+"\n"; got != want {
				t.Errorf("got\n%swant\n%s", got, want)
			}
		})
	}
}
