package world

import (
	"fmt"

	"github.com/waypost/waypost/api/money"
	"github.com/waypost/waypost/api/snapshot"
)

// Records are so many offers with goals and overrides each: 50 offers an
// advertiser, 25 a partner, up to 500 overrides an object.
func Records(offers, goals, overrides int) []*snapshot.Record {
	m := &maker{offers: offers, goals: goals, overrides: overrides, partners: max(3, offers/25)}
	m.add(&snapshot.Record{Kind: snapshot.KindNetwork, Name: "bench", NetworkBody: &snapshot.Network{
		Title: "Bench", Currency: "USD", TimeZone: "Europe/Berlin", FallbackURL: "https://bench.example/gone",
	}})
	for i := range max(1, offers/50) {
		m.add(&snapshot.Record{Kind: snapshot.KindAdvertiser, Name: fmt.Sprintf("advertiser-%d", i), Advertiser: &snapshot.Advertiser{Title: fmt.Sprintf("Advertiser %d", i)}})
	}
	for i := range m.partners {
		m.add(&snapshot.Record{Kind: snapshot.KindPartner, Name: fmt.Sprintf("partner-%d", i), Partner: &snapshot.Partner{TrackingID: partnerID(i), Title: fmt.Sprintf("Partner %d", i)}})
	}
	for i := range offers {
		m.offer(i)
	}
	m.payouts()
	return m.records
}

// maker gathers records, each under a UID of its own, as objects of a cluster have.
type maker struct {
	offers, goals, overrides, partners int
	records                            []*snapshot.Record
}

func (m *maker) add(r *snapshot.Record) {
	r.Network, r.Generation = "bench", 1
	r.UID = fmt.Sprintf("0b9d3f0e-7a51-4c0e-9f7e-%012x", len(m.records))
	m.records = append(m.records, r)
}

// offer adds an offer and its goals. Titles repeat among offers as they do in a network,
// because equal strings share memory in a tracker.
func (m *maker) offer(i int) {
	name := fmt.Sprintf("offer-%06d", i)
	m.add(&snapshot.Record{Kind: snapshot.KindOffer, Name: name, Offer: &snapshot.Offer{
		TrackingID: offerID(i), Title: fmt.Sprintf("Offer %d", i), Advertiser: fmt.Sprintf("advertiser-%d", i/50),
		DestinationURL: destination(i), PreviewURL: fmt.Sprintf("https://shop-%d.example/preview/%d", i%97, i), Currency: "USD",
		DefaultGoal:   &snapshot.Goal{Value: "1", Title: "Default", Slug: "default", Payout: pay(i), Revenue: pay(2 * i)},
		DeepLinkHosts: []string{fmt.Sprintf("shop-%d.example", i%97)},
		Attribution:   snapshot.Attribution{ClickLookbackHours: 720, ImpressionLookbackHours: 24},
		Caps:          []snapshot.Cap{{Name: "daily", Metric: snapshot.CapConversions, Window: snapshot.CapDay, Limit: 1000}},
	}})
	for g := range m.goals {
		m.add(&snapshot.Record{Kind: snapshot.KindGoal, Name: fmt.Sprintf("%s-goal-%d", name, g+2), Goal: &snapshot.Goal{
			Offer: name, Value: fmt.Sprint(g + 2), Title: []string{"Purchase", "Install", "Deposit"}[g%3],
			Slug: fmt.Sprintf("%s-%d", []string{"purchase", "install", "deposit"}[g%3], g), Payout: pay(i + g), Revenue: pay(2*i + g),
		}})
	}
}

// pay is a flat amount from 1.00 to 9.99, in millionths.
func pay(i int) snapshot.Pay { return snapshot.Pay{Flat: money.Amount(i%900+100) * 10_000} }

// payouts spreads the overrides of all offers over the partners.
func (m *maker) payouts() {
	byPartner := make([][]snapshot.Override, m.partners)
	for i := range m.offers {
		for o := range m.overrides {
			p := (i + o*7) % m.partners
			byPartner[p] = append(byPartner[p], snapshot.Override{
				Name: fmt.Sprintf("override-%d", len(byPartner[p])), Offer: fmt.Sprintf("offer-%06d", i),
				Goal: fmt.Sprint(o%(m.goals+1) + 1), Payout: &snapshot.PayoutTerms{Flat: pay(i).Flat},
			})
		}
	}
	const most = 500 // of one object
	for p, list := range byPartner {
		for n := 0; len(list) > 0; n++ {
			k := min(most, len(list))
			m.add(&snapshot.Record{Kind: snapshot.KindPartnerPayout, Name: fmt.Sprintf("partner-%d-payouts-%d", p, n), PartnerPayout: &snapshot.PartnerPayout{
				Partner: fmt.Sprintf("partner-%d", p), Overrides: list[:k],
			}})
			list = list[k:]
		}
	}
}
