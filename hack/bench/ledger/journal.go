package main

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/waypost/waypost/api/money"
	"github.com/waypost/waypost/api/pricing"
	"github.com/waypost/waypost/api/seal"
	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/tracker/clickid"
	"github.com/waypost/waypost/tracker/journal"
)

// The traffic in the journal is spread over offers, partners and a day.
const (
	offers   = 50
	partners = 20
	day      = 24 * time.Hour
)

// traffic writes the journal that the ledgers fold: clicks, and then postbacks.
type traffic struct {
	clicks, postbacks int
	began             time.Time // a day ago
	minter            *clickid.Minter
	contexts          [offers][partners]*journal.Context
	terms             [offers][partners]*journal.Terms
	ids               []string // of the clicks that postbacks come for
}

// newTraffic prepares the context and the terms of each pair of offer and partner, which
// all entries of the pair share, as those of a tracker do.
func newTraffic(clicks, postbacks int) (*traffic, error) {
	keys, err := seal.New(time.Now().Add(-2 * day))
	if err != nil {
		return nil, err
	}
	t := &traffic{clicks: clicks, postbacks: postbacks, began: time.Now().Add(-day)}
	for o := range offers {
		for p := range partners {
			t.contexts[o][p] = newContext(o, p)
			t.terms[o][p] = newTerms(t.contexts[o][p])
		}
	}
	t.minter, err = clickid.NewMinter(keys)
	return t, err
}

// newContext is what a click carries of the configuration.
func newContext(offer, partner int) *journal.Context {
	return &journal.Context{
		Config: "sha256:bench", Network: "bench", TimeZone: "UTC", Currency: "USD", Advertiser: "acme",
		Offer: fmt.Sprintf("offer-%d", offer), OfferID: fmt.Sprint(100_000 + offer),
		Partner: fmt.Sprintf("partner-%d", partner), PartnerID: fmt.Sprint(2000 + partner),
		Payout: 10_000, Revenue: 20_000,
	}
}

// newTerms is what a postback carries of it: a flat payout, and a revenue of a flat part
// and 10 % of the amount, so that a price is calculated for each.
func newTerms(c *journal.Context) *journal.Terms {
	return &journal.Terms{
		Offer: journal.OfferTerms{
			Name: c.Offer, TrackingID: c.OfferID, Title: c.Offer, Advertiser: c.Advertiser, Currency: c.Currency, TimeZone: c.TimeZone,
			Attribution: snapshot.Attribution{ClickLookbackHours: 720},
		},
		Partner: journal.PartnerTerms{Name: c.Partner, TrackingID: c.PartnerID},
		Goal:    journal.GoalTerms{Name: c.Offer + "-purchase", Value: "2", Slug: "purchase", Title: "Purchase"},
		Pricing: pricing.Terms{
			Payout:  pricing.Side{Own: snapshot.PayoutTerms{Flat: 1_000_000}},
			Revenue: pricing.Side{Own: snapshot.PayoutTerms{Flat: 2_000_000, Percent: 10 * 100_000}},
		},
	}
}

// write puts everything into the journal, and returns when it is durable.
func (t *traffic) write(ctx context.Context, conn *journal.Conn) error {
	w, err := journal.NewWriter(conn, journal.WriterOptions{Name: "bench", MemoryBytes: 1 << 30})
	if err != nil {
		return err
	}
	const atOnce = 20_000 // far below what the writer's memory holds
	for i := range t.clicks {
		w.Click(t.click(i))
		if i%atOnce == atOnce-1 {
			if err := w.Flush(ctx); err != nil {
				return err
			}
		}
	}
	if err := w.Flush(ctx); err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(200) // callers that wait at a time, which is how large batches get
	for i := range t.postbacks {
		group.Go(func() error { return w.Append(ctx, journal.Entry{Postback: t.postback(i)}) })
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return w.Close(context.WithoutCancel(ctx))
}

// click is the ith click. Their times are spread over a day, so rows fall into all
// buckets of the rollups. Every one that a postback will come for is remembered.
func (t *traffic) click(i int) *journal.Click {
	offer, partner := i%offers, i/offers%partners
	c := t.contexts[offer][partner]
	at := t.began.Add(time.Duration(i) * day / time.Duration(t.clicks))
	id := string(t.minter.AppendClick(nil, at, snapshot.OfferHash(c.Network, c.OfferID), snapshot.PartnerHash(c.Network, c.PartnerID)))
	if every := max(1, t.clicks/max(1, t.postbacks)); i%every == 0 {
		t.ids = append(t.ids, id)
	}
	return &journal.Click{Traffic: journal.Traffic{
		ID: id, At: at.UnixMicro(), Context: c, Source: "news", Device: "desktop", OS: "Windows", Country: "DE",
		Subs: [10]string{"campaign-7", fmt.Sprintf("click-%d", i), "banner"}, IP: fmt.Sprintf("198.51.%d.%d", i>>8&0xff, i&0xff),
		UserAgent: "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
		Referrer:  "https://blog.example/2026/11/best-shoes.html",
	}}
}

// postback is the conversion of the ith click that converts; every other one has
// an order id.
func (t *traffic) postback(i int) *journal.Postback {
	n := i % len(t.ids)
	click := n * max(1, t.clicks/max(1, t.postbacks))
	clicked := t.began.Add(time.Duration(click) * day / time.Duration(t.clicks))
	amount := money.Amount(25_000_000)
	p := &journal.Postback{
		At: clicked.Add(2 * time.Hour).UnixMicro(), Network: "bench", Config: "sha256:bench", SourceIP: "203.0.113.9", UserAgent: "curl/8",
		ClickID: t.ids[n], SessionAt: clicked.Unix(), GoalRaw: "2", Amount: &amount,
		Params: []journal.Param{{Name: "clickid", Value: t.ids[n]}, {Name: "goal", Value: "2"}, {Name: "amount", Value: "25"}},
		Terms:  t.terms[click%offers][click/offers%partners],
	}
	if i%2 == 0 {
		p.OrderID = fmt.Sprintf("order-%d", i)
	}
	return p
}
