package ledger

import (
	"encoding/base64"
	"encoding/binary"

	"github.com/waypost/waypost/api/money"
	"github.com/waypost/waypost/api/pricing"
	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/tracker/journal"
)

// start is when these tests begin: noon of some day, seconds since 1970.
const start = 20_000*86400 + 12*3600

// clickToken is the id of the nth click, at a second after start.
func clickToken(n int, second int64) string { return token(0x51, n, second) }

// impressionToken is the id of the nth impression.
func impressionToken(n int, second int64) string { return token(0x91, n, second) }

func token(head byte, n int, second int64) string {
	raw := make([]byte, 37)
	raw[0] = head
	binary.BigEndian.PutUint32(raw[1:], uint32(start+second))
	binary.BigEndian.PutUint64(raw[5:], uint64(n))
	return base64.RawURLEncoding.EncodeToString(raw)
}

func micros(second int64) int64 { return (start + second) * 1_000_000 }

// traffic is a visit to offer shoes of partner blog.
func traffic(id string, second int64, change ...func(*journal.Traffic)) journal.Traffic {
	t := journal.Traffic{ID: id, At: micros(second), IP: "192.0.2.1", UserAgent: id, Country: "NL", Context: &journal.Context{
		Config: "sha256:1", Network: "net", TimeZone: "UTC", Offer: "shoes", OfferID: "1001", Advertiser: "acme", Partner: "blog", PartnerID: "2002", Currency: "USD"}}
	t.Subs[0] = "s-" + id
	for _, c := range change {
		c(&t)
	}
	return t
}

func clickEntry(n int, second int64, change ...func(*journal.Traffic)) journal.Entry {
	return journal.Entry{Click: &journal.Click{Traffic: traffic(clickToken(n, second), second, change...)}}
}

func impressionEntry(n int, second int64, change ...func(*journal.Traffic)) journal.Entry {
	return journal.Entry{Impression: &journal.Impression{Traffic: traffic(impressionToken(n, second), second, change...)}}
}

// postEntry is a postback on the nth click, for a goal "2" that pays 1.00 and earns
// 2.00 plus a tenth of the amount.
func postEntry(n int, clicked, second int64, change ...func(*journal.Postback)) journal.Entry {
	p := &journal.Postback{
		At: micros(second), Network: "net", Config: "sha256:1", ClickID: clickToken(n, clicked), SessionAt: start + clicked, GoalRaw: "2",
		Params: []journal.Param{{Name: "clickid", Value: clickToken(n, clicked)}, {Name: "goal", Value: "2"}},
		Terms: &journal.Terms{
			Offer:   journal.OfferTerms{Name: "shoes", TrackingID: "1001", Title: "Shoes", Advertiser: "acme", Currency: "USD", TimeZone: "UTC"},
			Partner: journal.PartnerTerms{Name: "blog", TrackingID: "2002"},
			Goal:    journal.GoalTerms{Name: "purchase", Value: "2", Slug: "purchase", Title: "Purchase"},
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

func tickEntry(second int64) journal.Entry {
	return journal.Entry{Tick: &journal.Tick{At: micros(second)}}
}

func moderation(id string, to snapshot.ConversionStatus, second int64) journal.Entry {
	return journal.Entry{Moderation: &journal.Moderation{At: micros(second), Network: "net", ConversionID: id, Status: to, Reason: "seen", Actor: "alice"}}
}

func order(id string) func(*journal.Postback) { return func(p *journal.Postback) { p.OrderID = id } }
func status(s snapshot.ConversionStatus) func(*journal.Postback) {
	return func(p *journal.Postback) { p.Status = s }
}
func amount(a money.Amount) func(*journal.Postback) {
	return func(p *journal.Postback) { p.Amount = &a }
}
func multiple(p *journal.Postback) { p.Terms.Goal.Multiple = true }
func manual(p *journal.Postback)   { p.Terms.Goal.Manual = true }
func holdFor(hours int32) func(*journal.Postback) {
	return func(p *journal.Postback) { p.Terms.Offer.HoldHours = hours }
}
