package live

import (
	"fmt"

	"github.com/waypost/waypost/api/money"
	"github.com/waypost/waypost/api/snapshot"
)

// size says how large a generated world is.
type size struct {
	offers, goals, overrides int // goals and overrides of each offer
}

// world generates one network of realistic records: an advertiser to 50 offers,
// a partner to 25, overrides 500 an object.
func world(s size) []*snapshot.Record {
	w := &worldMaker{size: s}
	w.add(&snapshot.Record{Kind: snapshot.KindNetwork, Name: "network", NetworkBody: &snapshot.Network{
		Title: "Example Network", Currency: "USD", TimeZone: "Europe/Berlin", FallbackURL: "https://example.net/gone",
	}})
	for i := range max(1, s.offers/50) {
		w.add(&snapshot.Record{Kind: snapshot.KindAdvertiser, Name: fmt.Sprintf("advertiser-%d", i), Advertiser: &snapshot.Advertiser{
			Title: fmt.Sprintf("Advertiser %d", i), Sources: []string{"203.0.113.0/24"},
		}})
	}
	for i := range w.partners() {
		w.add(&snapshot.Record{Kind: snapshot.KindPartner, Name: fmt.Sprintf("partner-%d", i), Partner: &snapshot.Partner{
			TrackingID: fmt.Sprint(20_000 + i), Title: fmt.Sprintf("Partner %d", i), Tier: []string{"", "gold", "silver"}[i%3],
		}})
	}
	for i := range s.offers {
		w.offer(i)
	}
	w.payouts()
	return w.records
}

type worldMaker struct {
	size
	records []*snapshot.Record
}

func (w *worldMaker) partners() int { return max(3, w.offers/25) }

func (w *worldMaker) add(r *snapshot.Record) {
	r.Network, r.Generation = "default", 1
	r.UID = fmt.Sprintf("0b9d3f0e-7a51-4c0e-9f7e-%012x", len(w.records))
	w.records = append(w.records, r)
}

func (w *worldMaker) offer(i int) {
	name := fmt.Sprintf("offer-%06d-summer-shoes", i)
	w.add(&snapshot.Record{Kind: snapshot.KindOffer, Name: name, Offer: &snapshot.Offer{
		TrackingID: fmt.Sprint(100_000 + i), Title: fmt.Sprintf("Summer Shoes %d", i), Advertiser: fmt.Sprintf("advertiser-%d", i/50),
		DestinationURL: fmt.Sprintf("https://shop%d.example/landing/%d?cid={clickid}&s={sub1}&p={partner_id}&utm_source=waypost", i/50, i),
		PreviewURL:     fmt.Sprintf("https://shop%d.example/preview/%d", i/50, i), Currency: "USD",
		DefaultGoal:   &snapshot.Goal{Value: "1", Title: "Default", Slug: "default", Payout: pay(i), Revenue: pay(2 * i)},
		DeepLinkHosts: []string{fmt.Sprintf("shop%d.example", i/50)},
		Attribution:   snapshot.Attribution{ClickLookbackHours: 720, ImpressionLookbackHours: 24},
		Caps:          []snapshot.Cap{{Name: "daily", Metric: snapshot.CapConversions, Window: snapshot.CapDay, Limit: 1000}},
	}})
	for g := range w.goals {
		w.add(&snapshot.Record{Kind: snapshot.KindGoal, Name: fmt.Sprintf("%s-goal-%d", name, g+2), Goal: &snapshot.Goal{
			Offer: name, Value: fmt.Sprint(g + 2), Title: []string{"Purchase", "Install", "Deposit"}[g%3],
			Slug: []string{"purchase", "install", "deposit"}[g%3], Payout: pay(i + g), Revenue: pay(2*i + g),
		}})
	}
}

func pay(i int) snapshot.Pay { return snapshot.Pay{Flat: money.Amount(i%900+100) * 10_000} }

// payouts spreads the overrides of all offers over the partners.
func (w *worldMaker) payouts() {
	byPartner := make([][]snapshot.Override, w.partners())
	for i := range w.offers {
		for o := range w.overrides {
			p := (i + o*7) % len(byPartner)
			byPartner[p] = append(byPartner[p], snapshot.Override{
				Name: fmt.Sprintf("override-%d", len(byPartner[p])), Offer: fmt.Sprintf("offer-%06d-summer-shoes", i),
				Goal: fmt.Sprint(o%max(1, w.goals) + 1), Payout: &snapshot.PayoutTerms{Flat: money.Amount(i%900+100) * 10_000},
			})
		}
	}
	for p, overrides := range byPartner {
		for n := 0; len(overrides) > 0; n++ {
			k := min(500, len(overrides))
			w.add(&snapshot.Record{Kind: snapshot.KindPartnerPayout, Name: fmt.Sprintf("partner-%d-payouts-%d", p, n), PartnerPayout: &snapshot.PartnerPayout{
				Partner: fmt.Sprintf("partner-%d", p), Overrides: overrides[:k],
			}})
			overrides = overrides[k:]
		}
	}
}
