package ledgertest

import (
	"encoding/base64"
	"encoding/binary"
	"time"

	"github.com/waypost/waypost/api/money"
	"github.com/waypost/waypost/api/pricing"
	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/tracker/journal"
)

// Noon is when these stories begin.
var Noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// Visit is what is special about a click or an impression; all else is as of an
// ordinary one on offer shoes of acme, by partner blog, in network net.
type Visit struct {
	N        int // distinguishes visits of one second
	At       time.Time
	Network  string
	Zone     string
	Offer    string
	Partner  string
	Currency string
	Payout   money.Amount // CPC or CPM
	Revenue  money.Amount
	Visitor  string
	Source   string
	Country  string
	Device   string
	Subs     [10]string
}

const (
	clickHead      = 0x51
	impressionHead = 0x91
)

// ClickID is the id of the visit's click.
func (v Visit) ClickID() string { return v.id(clickHead) }

// ImpressionID is the id of the visit's impression.
func (v Visit) ImpressionID() string { return v.id(impressionHead) }

func (v Visit) id(head byte) string {
	raw := make([]byte, 37)
	raw[0] = head
	binary.BigEndian.PutUint32(raw[1:], uint32(v.At.Unix()))
	binary.BigEndian.PutUint64(raw[5:], uint64(v.N))
	return base64.RawURLEncoding.EncodeToString(raw)
}

// Click is the entry of a click.
func (v Visit) Click() journal.Entry {
	return journal.Entry{Click: &journal.Click{Traffic: v.traffic(v.ClickID())}}
}

// Impression is the entry of an impression.
func (v Visit) Impression() journal.Entry {
	return journal.Entry{Impression: &journal.Impression{Traffic: v.traffic(v.ImpressionID())}}
}

func (v Visit) traffic(id string) journal.Traffic {
	offer, partner := or(v.Offer, "shoes"), or(v.Partner, "blog")
	return journal.Traffic{
		ID: id, At: v.At.UnixMicro(), Subs: v.Subs, Source: v.Source, Country: v.Country, Device: v.Device,
		IP: "192.0.2.1", UserAgent: or(v.Visitor, id), Referrer: "https://blog.example/", OS: "Linux", Ref: "ref-1", ImpID: "imp-1",
		Context: &journal.Context{
			Config: "sha256:1", Network: or(v.Network, "net"), TimeZone: or(v.Zone, "UTC"), Offer: offer, OfferID: "id-" + offer, Advertiser: "acme",
			Partner: partner, PartnerID: "id-" + partner, Currency: or(v.Currency, "USD"), Payout: v.Payout, Revenue: v.Revenue,
		},
	}
}

// Postback is the entry of a postback on a click: goal 2 ("Purchase") pays 1.00 and
// earns 2.00 plus a tenth of the amount. change makes it special.
func (v Visit) Postback(at time.Time, change ...func(*journal.Postback)) journal.Entry {
	offer, partner := or(v.Offer, "shoes"), or(v.Partner, "blog")
	p := &journal.Postback{
		At: at.UnixMicro(), Network: or(v.Network, "net"), Config: "sha256:1", SourceIP: "203.0.113.9",
		ClickID: v.ClickID(), SessionAt: v.At.Unix(), GoalRaw: "2",
		Params: []journal.Param{{Name: "clickid", Value: v.ClickID()}, {Name: "goal", Value: "2"}},
		Terms: &journal.Terms{
			Offer: journal.OfferTerms{Name: offer, TrackingID: "id-" + offer, Title: "Shoes", Advertiser: "acme",
				Currency: or(v.Currency, "USD"), TimeZone: or(v.Zone, "UTC")},
			Partner: journal.PartnerTerms{Name: partner, TrackingID: "id-" + partner},
			Goal:    journal.GoalTerms{Name: "purchase", Value: "2", Slug: "purchase", Title: "Purchase", GoalRules: journal.GoalRules{Multiple: true}},
			Pricing: pricing.Terms{
				Payout:  pricing.Side{Own: snapshot.PayoutTerms{Flat: 1_000_000}},
				Revenue: pricing.Side{Own: snapshot.PayoutTerms{Flat: 2_000_000, Percent: 10 * 100_000}},
			},
		},
	}
	for _, c := range change {
		c(p)
	}
	return journal.Entry{Postback: p}
}

// Goal makes a postback one for another goal.
func Goal(value, slug, title string) func(*journal.Postback) {
	return func(p *journal.Postback) {
		p.GoalRaw = value
		g := &p.Terms.Goal
		g.Value, g.Name, g.Slug, g.Title = value, slug, slug, title
	}
}

// Private makes the goal of a postback private.
func Private(p *journal.Postback) {
	p.Terms.Goal.Private = true
	p.Terms.Pricing.Private = true
}

// Order gives a postback an order id.
func Order(id string) func(*journal.Postback) { return func(p *journal.Postback) { p.OrderID = id } }

// Status gives a postback a status.
func Status(s snapshot.ConversionStatus) func(*journal.Postback) {
	return func(p *journal.Postback) { p.Status = s }
}

// Amount gives a postback a sale amount.
func Amount(a money.Amount) func(*journal.Postback) {
	return func(p *journal.Postback) { p.Amount = &a }
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
