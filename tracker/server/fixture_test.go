package server_test

import (
	"testing"
	"time"

	"github.com/waypost/waypost/api/money"
	"github.com/waypost/waypost/api/seal"
	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/tracker/live"
)

// now is the moment of all tests.
var now = time.Date(2026, 11, 20, 10, 30, 0, 0, time.UTC)

// index is the configuration that the examples in testdata are served from: two
// networks, one with offers in every state that docs/rules.md tells apart.
func index(t testing.TB, ring *seal.Keyring) *live.Index {
	t.Helper()
	x, err := live.Build(7, records(ring))
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func records(ring *seal.Keyring) []*snapshot.Record {
	var all []*snapshot.Record
	all = append(all, networks(ring)...)
	all = append(all, advertisers(ring)...)
	all = append(all, partners()...)
	all = append(all, payouts()...)
	all = append(all, offers(ring)...)
	return append(all, goals()...)
}

const network = "example"

func networks(ring *seal.Keyring) []*snapshot.Record {
	body := func(name string, n *snapshot.Network) *snapshot.Record {
		return &snapshot.Record{Kind: snapshot.KindNetwork, Network: name, Name: name, NetworkBody: n}
	}
	return []*snapshot.Record{
		body(network, &snapshot.Network{
			Title: "Example", Currency: "USD", TimeZone: "Europe/Vienna", TrackingDomains: []string{"go.example.net"},
			FallbackURL: "https://example.net/gone?o={offer_id}&p={partner_id}&c={clickid}",
		}),
		body("other", &snapshot.Network{Title: "Other", Currency: "EUR", TrackingDomains: []string{"other.example"}, GoalsDisabled: true}),
		body("keyed", &snapshot.Network{
			Title: "Keyed", TrackingDomains: []string{"keyed.example"}, KeyRequired: true, Keys: seal.DigestKey(ring, "network-key"),
		}),
	}
}

func advertisers(ring *seal.Keyring) []*snapshot.Record {
	body := func(network, name string, a *snapshot.Advertiser) *snapshot.Record {
		return &snapshot.Record{Kind: snapshot.KindAdvertiser, Network: network, Name: name, Advertiser: a}
	}
	return []*snapshot.Record{
		body(network, "acme", &snapshot.Advertiser{BlockedPartners: []string{"unloved"}}),
		body(network, "asleep", &snapshot.Advertiser{State: snapshot.Paused}),
		body(network, "careful", &snapshot.Advertiser{
			Sources:     []string{"192.0.2.0/24", "2001:db8:5::/48"},
			KeyRequired: true, Keys: append(seal.DigestKey(ring, "careful-key"), seal.DigestKey(ring, "careful-key-2")...),
		}),
		body("other", "acme", &snapshot.Advertiser{}),
		body("keyed", "acme", &snapshot.Advertiser{KeyRequired: true, Keys: seal.DigestKey(ring, "acme-key")}),
	}
}

func partners() []*snapshot.Record {
	body := func(network, name, id string, p snapshot.Partner) *snapshot.Record {
		p.TrackingID = id
		return &snapshot.Record{Kind: snapshot.KindPartner, Network: network, Name: name, Partner: &p}
	}
	return []*snapshot.Record{
		body(network, "best-blog", "2002", snapshot.Partner{Tier: "gold", Postbacks: []snapshot.PartnerPostback{
			{Name: "all", URL: "https://blog.example/all?s={sub1}", On: []snapshot.ConversionStatus{snapshot.StatusApproved}},
			{Name: "shoes", URL: "https://blog.example/shoes", Offer: "summer-shoes", Goal: "Buy"},
			{Name: "elsewhere", URL: "https://blog.example/else", Offer: "winter-shoes"},
		}}),
		body(network, "deal-hunter", "2003", snapshot.Partner{BlockedOffers: []string{"club"}}),
		body(network, "pending", "2010", snapshot.Partner{State: snapshot.Pending}),
		body(network, "blocked", "2011", snapshot.Partner{State: snapshot.Blocked}),
		body(network, "gone", "2012", snapshot.Partner{State: snapshot.Deleted}),
		body(network, "unloved", "2013", snapshot.Partner{}),
		body("other", "best-blog", "2002", snapshot.Partner{}),
		body("keyed", "best-blog", "2002", snapshot.Partner{}),
	}
}

// payouts holds an override that begins ten seconds after now and lasts ten.
func payouts() []*snapshot.Record {
	return []*snapshot.Record{{
		Kind: snapshot.KindPartnerPayout, Network: network, Name: "deals",
		PartnerPayout: &snapshot.PartnerPayout{Partner: "deal-hunter", Overrides: []snapshot.Override{{
			Name: "soon", Offer: "summer-shoes", Goal: "Buy", Payout: &snapshot.PayoutTerms{Flat: 9_000_000},
			From: now.Unix() + 10, Until: now.Unix() + 20,
		}}},
	}}
}

// offer returns an active offer record that change completes.
func offer(network, name, id string, change func(*snapshot.Offer)) *snapshot.Record {
	o := &snapshot.Offer{
		TrackingID: id, Title: "Offer " + id, Advertiser: "acme", Currency: "USD",
		DestinationURL: "https://shop.example/" + name + "?cid={clickid}",
		DefaultGoal:    &snapshot.Goal{Value: "1", Title: "Default", Slug: "default"},
		Attribution:    snapshot.Attribution{ClickLookbackHours: 720, ImpressionLookbackHours: 24},
	}
	if change != nil {
		change(o)
	}
	return &snapshot.Record{Kind: snapshot.KindOffer, Network: network, Name: name, Offer: o}
}

func state(s snapshot.State) func(*snapshot.Offer) {
	return func(o *snapshot.Offer) { o.State = s }
}

func offers(ring *seal.Keyring) []*snapshot.Record {
	return []*snapshot.Record{
		offer(network, "summer-shoes", "1001", summerShoes),
		offer(network, "paused", "1010", state(snapshot.Paused)),
		offer(network, "pending", "1011", state(snapshot.Pending)),
		offer(network, "expired", "1012", state(snapshot.Expired)),
		offer(network, "gone", "1013", state(snapshot.Deleted)),
		offer(network, "asleep", "1014", func(o *snapshot.Offer) { o.Advertiser = "asleep" }),
		offer(network, "club", "1015", func(o *snapshot.Offer) {
			o.ApprovalNeeded, o.Approved, o.BlockedPartners = true, []string{"best-blog", "deal-hunter"}, []string{"blocked"}
			o.Impressions = true
		}),
		offer(network, "no-club", "1016", func(o *snapshot.Offer) { o.BlockedPartners, o.Impressions = []string{"best-blog"}, true }),
		offer(network, "capped", "1017", func(o *snapshot.Offer) {
			o.Impressions = true
			o.FallbackURL = "https://shop.example/later?s={sub1}&cc={country}"
			o.Caps = []snapshot.Cap{
				{Name: "hourly", Metric: snapshot.CapClicks, Window: snapshot.CapHour, Limit: 10, Partners: []string{"best-blog"}},
				{Name: "each", Metric: snapshot.CapClicks, Window: snapshot.CapDay, Limit: 10, PerPartner: true},
				{Name: "shown", Metric: snapshot.CapImpressions, Window: snapshot.CapDay, Limit: 10},
				{Name: "sales", Metric: snapshot.CapConversions, Window: snapshot.CapDay, Limit: 10},
			}
		}),
		offer(network, "careful", "1018", func(o *snapshot.Offer) {
			o.Advertiser = "careful"
			o.KeyRequired, o.Keys = true, seal.DigestKey(ring, "offer-key")
		}),
		offer(network, "single", "1019", func(o *snapshot.Offer) { o.GoalsDisabled = true }),
		offer(network, "pixels", "1020", func(o *snapshot.Offer) { o.DefaultGoal.Protocol = snapshot.ProtocolImage }),
		offer(network, "macros", "1021", func(o *snapshot.Offer) { o.DestinationURL = everyMacro }),
		offer("other", "summer-shoes", "1001", nil),
		offer("keyed", "summer-shoes", "1001", nil),
	}
}

const everyMacro = "https://shop.example/m/{sub1}/x?clickid={clickid}&click_id={click_id}&transaction_id={transaction_id}&tracker={tracker}&t=<TRACKER>" +
	"&offer_id={offer_id}&offer_name={offer_name}&offer_ref={offer_ref}&partner_id={partner_id}&affiliate_id={affiliate_id}&pid={pid}" +
	"&advertiser_id={advertiser_id}&s1={sub1}&s2={sub2}&s3={sub3}&s4={sub4}&s5={sub5}&s6={sub6}&s7={sub7}&s8={sub8}&s9={sub9}&s10={sub10}" +
	"&as={aff_sub}&as2={aff_sub2}&as3={aff_sub3}&as4={aff_sub4}&as5={aff_sub5}&source={source}&ref={ref}" +
	"&imp={impression_id}&aimp={aimp_id}&ip={ip}&ua={ua}&country={country}&device={device}&os={os}&referrer={referrer}" +
	"&timestamp={timestamp}&date={date}&rand={rand}&req=#reqid#&cs1=#s1#&cs2=#s2#&cs3=#s3#&cs4=#s4#&cs5=#s5#"

func summerShoes(o *snapshot.Offer) {
	o.DestinationURL = "https://shop.example/landing?cid={clickid}&s={sub1}"
	o.FallbackURL = "https://shop.example/sale"
	o.DeepLinkHosts = []string{"shop.example", "xn--bcher-kva.example"}
	o.ClickPayout, o.ClickRevenue = 50_000, 80_000
	o.Impressions, o.ImpressionPayout, o.ImpressionRevenue = true, 1_200_000, 2_000_000
	o.Destinations = []snapshot.Destination{
		{Name: "main", URL: "https://adv.example/imp?i={impression_id}&a={aimp_id}&s={sub1}&ip={ip}", Weight: 100},
	}
	o.Attribution.ViewThrough = true
	o.DefaultGoal.Payout.Flat = money.Amount(500_000)
	o.Caps = []snapshot.Cap{
		{Name: "buys", Metric: snapshot.CapConversions, Window: snapshot.CapDay, Limit: 100, Goal: "BUY"},
		{Name: "all", Metric: snapshot.CapPayout, Window: snapshot.CapMonth, Limit: 1_000_000_000},
		{Name: "others", Metric: snapshot.CapRevenue, Window: snapshot.CapMonth, Limit: 1, Partners: []string{"deal-hunter"}},
	}
}

func goals() []*snapshot.Record {
	goal := func(name, offer string, g snapshot.Goal) *snapshot.Record {
		g.Offer = offer
		return &snapshot.Record{Kind: snapshot.KindGoal, Network: network, Name: name, Goal: &g}
	}
	return []*snapshot.Record{
		goal("shoes-buy", "summer-shoes", snapshot.Goal{
			Value: "Buy", Title: "Purchase", Slug: "purchase", SlugAliases: []string{"kauf"}, RefID: "SKU-1",
			Payout: snapshot.Pay{Flat: 1_400_000}, Revenue: snapshot.Pay{Percent: 2_000_000}, GoalRules: snapshot.GoalRules{Multiple: true},
		}),
		goal("shoes-margin", "summer-shoes", snapshot.Goal{Value: "margin", Slug: "margin", GoalRules: snapshot.GoalRules{Private: true}}),
		goal("shoes-old", "summer-shoes", snapshot.Goal{Value: "old", Slug: "old", State: snapshot.Deleted}),
		goal("shoes-order", "summer-shoes", snapshot.Goal{Value: "order", Slug: "order-id", RefID: "amount"}),
		goal("shoes-partner", "summer-shoes", snapshot.Goal{Value: "lead", Slug: "lead", Protocol: snapshot.ProtocolServerPartner}),
		goal("shoes-look", "summer-shoes", snapshot.Goal{Value: "look", Slug: "look", GoalRules: snapshot.GoalRules{ClickOnly: true}, Protocol: snapshot.ProtocolImage}),
		goal("pixels-frame", "pixels", snapshot.Goal{Value: "frame", Slug: "frame", Protocol: snapshot.ProtocolIFrame}),
		goal("pixels-ssl", "pixels", snapshot.Goal{Value: "ssl", Slug: "ssl", Protocol: snapshot.ProtocolImageSSL}),
		goal("pixels-frame-ssl", "pixels", snapshot.Goal{Value: "frame-ssl", Slug: "frame-ssl", Protocol: snapshot.ProtocolIFrameSSL}),
		goal("pixels-sealed", "pixels", snapshot.Goal{
			Value: "sealed", Slug: "sealed", Protocol: snapshot.ProtocolImage, Encrypted: true,
		}),
		goal("pixels-server", "pixels", snapshot.Goal{Value: "server", Slug: "server", Encrypted: true}),
	}
}
