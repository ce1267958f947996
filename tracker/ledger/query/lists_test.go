package query_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/tracker/journal"
	"github.com/waypost/waypost/tracker/ledger/delivery"
	"github.com/waypost/waypost/tracker/ledger/ledgertest"
	"github.com/waypost/waypost/tracker/ledger/query"
	"github.com/waypost/waypost/tracker/ledger/store"
)

func conversions(t *testing.T, b *query.Books, scope query.Scope, f query.ConversionFilter) []query.Conversion {
	t.Helper()
	list, err := b.Conversions(t.Context(), scope, f, query.Page{Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	return list.Items
}

func TestConversionHasEverything(t *testing.T) {
	each(t, func(t *testing.T, o *ledgertest.Instance, b *query.Books) {
		v := visit{At: noon, Source: "news", Country: "NL", Device: "mobile", Subs: [10]string{"one", "t\"w\\o", "", "", "", "", "", "", "", "ten"}}
		received := noon.Add(90*time.Second + 1234*time.Microsecond)
		o.Write(v.Click())
		o.Write(v.Postback(received, ledgertest.Order("o-1"), ledgertest.Amount(10_500_000), ledgertest.Status(snapshot.StatusPending),
			func(p *journal.Postback) {
				p.Extras = map[string]string{"promo_code": "X", "comment": "c", "adv_sub1": "a"}
			}))
		got := conversions(t, b, query.Scope{}, query.ConversionFilter{})
		if len(got) != 1 {
			t.Fatalf("%d conversions", len(got))
		}
		o.Write(journal.Entry{Moderation: &journal.Moderation{
			At: received.Add(time.Minute).UnixMicro(), Network: "net", ConversionID: got[0].ID, Status: snapshot.StatusRejected, Reason: "fraud", Actor: "ann"}})
		c, err := b.Conversion(t.Context(), query.Scope{}, got[0].ID)
		if err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		want := `{"id":"` + c.ID + `","time":"2026-11-20T12:01:30.001234Z","status":"rejected","reason":"fraud","network":"net","offer":"shoes","partner":"blog","advertiser":"acme",` +
			`"goal":"2","goalTitle":"Purchase","goalName":"purchase","goalRaw":"2","clickID":"` + v.ClickID() + `","impressionID":"imp-1","aimpID":"","orderID":"o-1",` +
			`"amount":"10.50","payout":"1.00","revenue":"3.05","currency":"USD","source":"news","ref":"ref-1","country":"NL","device":"mobile",` +
			`"sub1":"one","sub2":"t\"w\\o","sub3":"","sub4":"","sub5":"","sub6":"","sub7":"","sub8":"","sub9":"","sub10":"ten",` +
			`"config":"sha256:1","payoutRule":"goal","revenueRule":"goal","via":"server","private":false,"clickDataMissing":false,"holdUntil":null,` +
			`"updatedAt":"2026-11-20T12:02:30.001234Z","extras":{"adv_sub1":"a","comment":"c","promo_code":"X"},"history":[` +
			`{"time":"2026-11-20T12:01:30.001234Z","from":"","to":"pending","by":"postback","reason":""},` +
			`{"time":"2026-11-20T12:02:30.001234Z","from":"pending","to":"rejected","by":"ann","reason":"fraud"}]}`
		if string(text) != want {
			t.Errorf("got  %s\nwant %s", text, want)
		}
		asPartner := query.Scope{Network: "net", Partner: "blog", PartnerOnly: true}
		if c, err = b.Conversion(t.Context(), asPartner, c.ID); err != nil {
			t.Fatal(err)
		}
		if c.Revenue != nil || c.RevenueRule != "" || c.Advertiser != "" || len(c.Extras) != 1 || c.History[1].By != "moderator" {
			t.Errorf("the partner sees %+v", c)
		}
		for _, scope := range []query.Scope{{Network: "other"}, {Partner: "mail"}} {
			if _, err := b.Conversion(t.Context(), scope, c.ID); !errors.Is(err, query.ErrNotFound) {
				t.Errorf("scope %+v: %v, want ErrNotFound", scope, err)
			}
		}
	})
}

func TestConversionFilters(t *testing.T) {
	each(t, func(t *testing.T, o *ledgertest.Instance, b *query.Books) {
		tell(o)
		all := conversions(t, b, query.Scope{}, query.ConversionFilter{})
		if len(all) != 8 {
			t.Fatalf("%d conversions, want 8", len(all))
		}
		if !slices.IsSortedFunc(all, func(a, b query.Conversion) int { return strings.Compare(b.ID, a.ID) }) || all[0].OrderID != "h" {
			t.Error("the newest is not first")
		}
		soon, early, late := noon.Add(30*time.Minute), noon.Add(30*time.Minute-time.Microsecond), noon.Add(30*time.Minute+time.Microsecond)
		for name, tc := range map[string]struct {
			scope query.Scope
			f     query.ConversionFilter
			want  string // order ids
		}{
			"status":          {f: query.ConversionFilter{Statuses: []query.Status{query.Pending, query.Hold}}, want: "b e"},
			"offer":           {f: query.ConversionFilter{Offer: "hats"}, want: "h"},
			"partner":         {scope: query.Scope{Partner: "mail"}, want: "h"},
			"private":         {scope: query.Scope{Partner: "blog", PartnerOnly: true}, f: query.ConversionFilter{Statuses: []query.Status{query.Approved}}, want: "a d"},
			"goal":            {f: query.ConversionFilter{Goal: "UP"}, want: "d"},
			"slug":            {f: query.ConversionFilter{GoalName: "SECRET"}, want: "f"},
			"reason":          {f: query.ConversionFilter{Reason: "unknown_goal"}, want: ""},
			"order":           {f: query.ConversionFilter{OrderID: "c"}, want: "c"},
			"click":           {f: query.ConversionFilter{ClickID: visit{N: 2, At: noon.Add(13 * time.Hour)}.ClickID()}, want: "h"},
			"source and sub":  {f: query.ConversionFilter{Source: "news", Subs: [10]string{2: "three"}}, want: "a b c"},
			"country":         {f: query.ConversionFilter{Country: "DE", Statuses: []query.Status{query.Hold}}, want: "e"},
			"via":             {f: query.ConversionFilter{Vias: []query.Via{query.ViaImage, query.ViaIFrame}}, want: "none"},
			"from":            {f: query.ConversionFilter{Span: query.Span{From: &late}}, want: "h"},
			"from is counted": {f: query.ConversionFilter{Span: query.Span{From: &soon}, Statuses: []query.Status{query.Pending}}, want: "b"},
			"to is not":       {f: query.ConversionFilter{Span: query.Span{To: &soon}}, want: "none"},
			"from and to":     {f: query.ConversionFilter{Span: query.Span{From: &early, To: &late}, Statuses: []query.Status{query.Pending}}, want: "b"},
			"network":         {scope: query.Scope{Network: "other"}, want: "none"},
			"currency":        {f: query.ConversionFilter{Currency: "EUR"}, want: "none"},
			"advertiser":      {f: query.ConversionFilter{Advertiser: "acme", Offer: "hats"}, want: "h"},
			"ids":             {f: query.ConversionFilter{IDs: []string{all[0].ID, "x"}}, want: "h"},
		} {
			t.Run(name, func(t *testing.T) {
				var orders []string
				for _, c := range conversions(t, b, tc.scope, tc.f) {
					orders = append(orders, c.OrderID)
				}
				slices.Sort(orders)
				got := strings.Join(orders, " ")
				if orders == nil {
					got = "none"
				}
				if got != tc.want {
					t.Errorf("order ids %q, want %q", got, tc.want)
				}
			})
		}
	})
}

func TestPages(t *testing.T) {
	each(t, func(t *testing.T, o *ledgertest.Instance, b *query.Books) {
		v := visit{At: noon}
		entries := []journal.Entry{v.Click()}
		for i := range 25 {
			entries = append(entries, v.Postback(noon.Add(time.Duration(i/5)*time.Second), ledgertest.Order(fmt.Sprint(i))))
		}
		o.Write(entries...)
		seen := map[string]bool{}
		page := query.Page{Limit: 10}
		for n := 0; ; n++ {
			list, err := b.Conversions(t.Context(), query.Scope{}, query.ConversionFilter{}, page)
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range list.Items {
				seen[c.ID] = true
			}
			if page.Cursor = list.Next; page.Cursor == "" {
				if n != 2 || len(list.Items) != 5 {
					t.Errorf("page %d of %d items is the last", n, len(list.Items))
				}
				break
			}
		}
		if len(seen) != 25 {
			t.Errorf("%d conversions on all pages, want 25", len(seen))
		}
		_, err := b.Conversions(t.Context(), query.Scope{}, query.ConversionFilter{}, query.Page{Limit: 1, Cursor: "x' OR 1=1 --"})
		if !errors.Is(err, query.ErrBadCursor) {
			t.Errorf("a cursor of no answer: %v", err)
		}
		empty, err := b.Conversions(t.Context(), query.Scope{Network: "none"}, query.ConversionFilter{}, query.Page{Limit: 1})
		if text, _ := json.Marshal(empty); err != nil || string(text) != `{"items":[],"next":""}` {
			t.Errorf("an empty list is %s, %v", text, err)
		}
	})
}

func TestPostbackLog(t *testing.T) {
	each(t, func(t *testing.T, o *ledgertest.Instance, b *query.Books) {
		v := visit{At: noon}
		o.Write(v.Click())
		o.Write(
			v.Postback(noon.Add(90*time.Second), ledgertest.Order("a"), func(p *journal.Postback) {
				p.GoalRaw = "02"
				p.Params = append(p.Params, journal.Param{Name: "api_key", Value: "hidden"}, journal.Param{Name: "amp;KEY", Value: "hidden"}, journal.Param{Name: "x\xff", Value: "<b>"},
					journal.Param{Name: "goal", Value: "4"}, journal.Param{Name: "Goal", Value: "3"})
			}),
			v.Postback(noon.Add(2*time.Minute), ledgertest.Order("a")),
			journal.Entry{Postback: &journal.Postback{At: noon.Add(3 * time.Minute).UnixMicro(), Network: "net", Reason: "bad_click_id", HTTPStatus: 400, RawClickID: "junk",
				Params: []journal.Param{{Name: "clickid", Value: "junk"}, {Name: "TXID", Value: "Undefined"}}, SourceIP: "203.0.113.1", Test: true}},
		)
		log := func(f query.PostbackFilter) []query.Postback {
			t.Helper()
			list, err := b.Postbacks(t.Context(), query.Scope{}, f, query.Page{Limit: 100})
			if err != nil {
				t.Fatal(err)
			}
			return list.Items
		}
		got := log(query.PostbackFilter{})
		if len(got) != 3 || got[0].ClickID != "junk" || got[0].DelaySeconds != nil || got[0].HTTPStatus != 400 || got[0].GoalRaw != "" || !got[0].Test ||
			!got[0].OrderIDMissing || got[1].OrderIDMissing {
			t.Fatalf("%+v", got)
		}
		want := query.Params{{Name: "clickid", Value: v.ClickID()}, {Name: "goal", Value: "2"}, {Name: "x\uFFFD", Value: "<b>"}, {Name: "Goal", Value: "3"}}
		if p := got[2]; p.Verdict != "approved" || p.GoalRaw != "02" || p.Goal != "2" || *p.DelaySeconds != 90 || p.Source != "203.0.113.9" ||
			p.HTTPStatus != 200 || !slices.Equal(p.Params, want) || p.Conversion == "" || p.Revenue != 2_000_000 {
			t.Errorf("%+v", p)
		}
		if got := fmt.Sprint(got[2].Params); strings.Contains(got, "hidden") {
			t.Errorf("a key stands in the parameters: %s", got)
		}
		if p := got[1]; p.Verdict != "refused" || p.Reason != "duplicate" || p.Conversion != got[2].Conversion {
			t.Errorf("%+v", p)
		}
		yes, no := true, false
		for name, tc := range map[string]struct {
			f    query.PostbackFilter
			want int
		}{
			"verdict":       {query.PostbackFilter{Verdicts: []string{"refused", "pending"}}, 2},
			"reason":        {query.PostbackFilter{Reason: "duplicate"}, 1},
			"offer":         {query.PostbackFilter{Offer: "shoes"}, 2},
			"goal":          {query.PostbackFilter{Goal: "2"}, 2},
			"click":         {query.PostbackFilter{ClickID: v.ClickID()}, 2},
			"no click id":   {query.PostbackFilter{ClickID: "junk"}, 1},
			"source":        {query.PostbackFilter{Source: "203.0.113.1"}, 1},
			"tests":         {query.PostbackFilter{Test: &yes}, 1},
			"no tests":      {query.PostbackFilter{Test: &no}, 2},
			"conversion":    {query.PostbackFilter{Conversion: got[2].Conversion}, 2},
			"via":           {query.PostbackFilter{Vias: []query.Via{query.ViaServer}}, 3},
			"order":         {query.PostbackFilter{OrderID: "a"}, 2},
			"other network": {query.PostbackFilter{AimpID: "x"}, 0},
		} {
			if got := log(tc.f); len(got) != tc.want {
				t.Errorf("%s: %d lines, want %d", name, len(got), tc.want)
			}
		}
		_, err := b.Postbacks(t.Context(), query.Scope{Partner: "blog", PartnerOnly: true}, query.PostbackFilter{}, query.Page{Limit: 1})
		if !errors.Is(err, query.ErrNotForPartners) {
			t.Errorf("for a partner: %v", err)
		}
	})
}

func TestClick(t *testing.T) {
	each(t, func(t *testing.T, o *ledgertest.Instance, b *query.Books) {
		v := visit{At: noon, Subs: [10]string{"one"}, Visitor: "Mozilla"}
		i := visit{At: noon, N: 9}
		o.Write(v.Click(), i.Impression(), v.Postback(noon.Add(time.Minute), func(p *journal.Postback) { p.Terms.Goal.EndPoint = true }))
		c, err := b.Click(t.Context(), query.Scope{}, v.ClickID())
		if err != nil {
			t.Fatal(err)
		}
		if c.Kind != "click" || c.Offer != "shoes" || c.Partner != "blog" || c.Sub1 != "one" || c.IP != "192.0.2.1" || c.UserAgent != "Mozilla" || c.Ref != "ref-1" ||
			!c.Time.Equal(noon) || !c.Unique || c.ClosedAt == nil || len(c.Conversions) != 1 || c.ClosedBy != c.Conversions[0].ID {
			t.Errorf("%+v", c)
		}
		if c, err = b.Click(t.Context(), query.Scope{}, i.ImpressionID()); err != nil || c.Kind != "impression" || c.ImpressionID != "imp-1" || c.Conversions == nil {
			t.Errorf("%+v, %v", c, err)
		}
		c, err = b.Click(t.Context(), query.Scope{Partner: "blog", PartnerOnly: true}, v.ClickID())
		if err != nil || c.IP != "" || c.UserAgent != "" || c.Advertiser != "" || c.Conversions[0].Revenue != nil {
			t.Errorf("the partner sees %+v, %v", c, err)
		}
		for _, id := range []string{"", "junk", visit{At: noon, N: 5}.ClickID()} {
			if _, err := b.Click(t.Context(), query.Scope{}, id); !errors.Is(err, query.ErrNotFound) {
				t.Errorf("%q: %v", id, err)
			}
		}
		if _, err := b.Click(t.Context(), query.Scope{Network: "other"}, v.ClickID()); !errors.Is(err, query.ErrNotFound) {
			t.Errorf("in another network: %v", err)
		}
	})
}

func TestDeliveries(t *testing.T) {
	each(t, func(t *testing.T, o *ledgertest.Instance, b *query.Books) {
		v := visit{At: noon}
		i := visit{At: noon.Add(time.Second), N: 1}.Impression()
		i.Impression.DestinationName, i.Impression.DestinationURL = "main", "https://adv.example/imp?i=1"
		o.Write(v.Click(), i, v.Postback(noon.Add(time.Minute), func(p *journal.Postback) {
			p.Terms.Partner.Postbacks = []snapshot.PartnerPostback{{Name: "sales", URL: "https://blog.example/pb?id={sub1}"}}
		}))
		list := func(scope query.Scope, f query.DeliveryFilter) []query.Delivery {
			t.Helper()
			l, err := b.Deliveries(t.Context(), scope, f, query.Page{Limit: 100})
			if err != nil {
				t.Fatal(err)
			}
			return l.Items
		}
		all := list(query.Scope{}, query.DeliveryFilter{})
		if len(all) != 2 {
			t.Fatalf("%+v", all)
		}
		d := all[0]
		if d.Kind != query.PostbackDelivery || d.State != delivery.Waiting || d.Name != "sales" || d.Partner != "blog" || d.Goal != "2" || d.Status != query.Approved ||
			d.URL != "https://blog.example/pb?id={sub1}" || d.NextAt == nil || d.TriedAt != nil || d.Event == "" {
			t.Errorf("%+v", d)
		}
		if err := o.Store.Update(t.Context(), func(tx *store.Tx) error {
			_, err := tx.Exec(t.Context(), "UPDATE deliveries SET state = 'parked', tried_at = 5, attempts = 13, http_status = 500, error = 'no' WHERE id = ?", d.ID)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if d, err := b.Delivery(t.Context(), query.Scope{}, d.ID); err != nil || d.State != delivery.Parked || d.NextAt != nil || d.TriedAt == nil || d.Attempts != 13 || d.HTTPStatus != 500 {
			t.Errorf("%+v, %v", d, err)
		}
		for name, tc := range map[string]struct {
			scope query.Scope
			f     query.DeliveryFilter
			want  int
		}{
			"pending":           {f: query.DeliveryFilter{States: []delivery.State{delivery.Waiting}}, want: 1},
			"parked, suspended": {f: query.DeliveryFilter{States: []delivery.State{delivery.Parked, delivery.Suspended}}, want: 1},
			"impressions":       {f: query.DeliveryFilter{Kinds: []query.DeliveryKind{query.ImpressionDelivery}}, want: 1},
			"partner's":         {scope: query.Scope{Partner: "blog", PartnerOnly: true}, want: 1},
			"partner's others":  {scope: query.Scope{Partner: "blog", PartnerOnly: true}, f: query.DeliveryFilter{Kinds: []query.DeliveryKind{query.ImpressionDelivery}}},
			"offer":             {f: query.DeliveryFilter{Offer: "hats"}},
			"goal":              {f: query.DeliveryFilter{Goal: "2"}, want: 1},
			"name":              {f: query.DeliveryFilter{Name: "main"}, want: 1},
			"event":             {f: query.DeliveryFilter{Event: d.Event}, want: 1},
			"network":           {scope: query.Scope{Network: "x"}},
		} {
			if got := list(tc.scope, tc.f); len(got) != tc.want {
				t.Errorf("%s: %d, want %d", name, len(got), tc.want)
			}
		}
		if _, err := b.Delivery(t.Context(), query.Scope{Partner: "mail"}, d.ID); !errors.Is(err, query.ErrNotFound) {
			t.Errorf("another partner's: %v", err)
		}
	})
}

// TestDelayIsNeverNegative: the clock of the click's tracker may be ahead of that of
// the postback's.
func TestDelayIsNeverNegative(t *testing.T) {
	each(t, func(t *testing.T, o *ledgertest.Instance, b *query.Books) {
		v := visit{At: noon.Add(2 * time.Second)}
		o.Write(v.Click(), v.Postback(noon))
		list, err := b.Postbacks(t.Context(), query.Scope{}, query.PostbackFilter{}, query.Page{Limit: 100})
		if err != nil || len(list.Items) != 1 {
			t.Fatalf("%+v, %v", list.Items, err)
		}
		if p := list.Items[0]; p.Verdict != "approved" || *p.DelaySeconds != 0 {
			t.Errorf("%s %s after %d s", p.Verdict, p.Reason, *p.DelaySeconds)
		}
	})
}
