package books_test

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
	"github.com/waypost/waypost/tracker/ledger/report/books"
	"github.com/waypost/waypost/tracker/ledger/report/reporttest"
	"github.com/waypost/waypost/tracker/ledger/store"
)

func conversions(t *testing.T, b *books.Books, scope books.Scope, f books.ConversionFilter) []books.Conversion {
	t.Helper()
	list, err := b.Conversions(t.Context(), scope, f, books.Page{Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	return list.Items
}

func TestConversionHasEverything(t *testing.T) {
	each(t, func(t *testing.T, o *reporttest.Office, b *books.Books) {
		v := visit{At: noon, Source: "news", Country: "NL", Device: "mobile", Subs: [10]string{"one", "t\"w\\o", "", "", "", "", "", "", "", "ten"}}
		received := noon.Add(90*time.Second + 1234*time.Microsecond)
		o.Write(v.Click())
		o.Write(v.Postback(received, reporttest.Order("o-1"), reporttest.Amount(10_500_000), reporttest.Status(snapshot.StatusPending),
			func(p *journal.Postback) {
				p.Extras = map[string]string{"promo_code": "X", "comment": "c", "adv_sub1": "a"}
			}))
		got := conversions(t, b, books.Scope{}, books.ConversionFilter{})
		if len(got) != 1 {
			t.Fatalf("%d conversions", len(got))
		}
		o.Write(journal.Entry{Moderation: &journal.Moderation{
			At: received.Add(time.Minute).UnixMicro(), Network: "net", ConversionID: got[0].ID, Status: snapshot.StatusRejected, Reason: "fraud", Actor: "ann"}})
		c, err := b.Conversion(t.Context(), books.Scope{}, got[0].ID)
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
		asPartner := books.Scope{Network: "net", Partner: "blog", PartnerOnly: true}
		if c, err = b.Conversion(t.Context(), asPartner, c.ID); err != nil {
			t.Fatal(err)
		}
		if c.Revenue != nil || c.RevenueRule != "" || c.Advertiser != "" || len(c.Extras) != 1 || c.History[1].By != "moderator" {
			t.Errorf("the partner sees %+v", c)
		}
		for _, scope := range []books.Scope{{Network: "other"}, {Partner: "mail"}} {
			if _, err := b.Conversion(t.Context(), scope, c.ID); !errors.Is(err, books.ErrNotFound) {
				t.Errorf("scope %+v: %v, want ErrNotFound", scope, err)
			}
		}
	})
}

func TestConversionFilters(t *testing.T) {
	each(t, func(t *testing.T, o *reporttest.Office, b *books.Books) {
		tell(o)
		all := conversions(t, b, books.Scope{}, books.ConversionFilter{})
		if len(all) != 8 {
			t.Fatalf("%d conversions, want 8", len(all))
		}
		if !slices.IsSortedFunc(all, func(a, b books.Conversion) int { return strings.Compare(b.ID, a.ID) }) || all[0].OrderID != "h" {
			t.Error("the newest is not first")
		}
		soon, early, late := noon.Add(30*time.Minute), noon.Add(30*time.Minute-time.Microsecond), noon.Add(30*time.Minute+time.Microsecond)
		for name, tc := range map[string]struct {
			scope books.Scope
			f     books.ConversionFilter
			want  string // order ids
		}{
			"status":          {f: books.ConversionFilter{Statuses: []books.Status{books.Pending, books.Hold}}, want: "b e"},
			"offer":           {f: books.ConversionFilter{Offer: "hats"}, want: "h"},
			"partner":         {scope: books.Scope{Partner: "mail"}, want: "h"},
			"private":         {scope: books.Scope{Partner: "blog", PartnerOnly: true}, f: books.ConversionFilter{Statuses: []books.Status{books.Approved}}, want: "a d"},
			"goal":            {f: books.ConversionFilter{Goal: "UP"}, want: "d"},
			"slug":            {f: books.ConversionFilter{GoalName: "SECRET"}, want: "f"},
			"reason":          {f: books.ConversionFilter{Reason: "unknown_goal"}, want: ""},
			"order":           {f: books.ConversionFilter{OrderID: "c"}, want: "c"},
			"click":           {f: books.ConversionFilter{ClickID: visit{N: 2, At: noon.Add(13 * time.Hour)}.ClickID()}, want: "h"},
			"source and sub":  {f: books.ConversionFilter{Source: "news", Subs: [10]string{2: "three"}}, want: "a b c"},
			"country":         {f: books.ConversionFilter{Country: "DE", Statuses: []books.Status{books.Hold}}, want: "e"},
			"via":             {f: books.ConversionFilter{Vias: []books.Via{books.ViaImage, books.ViaIFrame}}, want: "none"},
			"from":            {f: books.ConversionFilter{Span: books.Span{From: &late}}, want: "h"},
			"from is counted": {f: books.ConversionFilter{Span: books.Span{From: &soon}, Statuses: []books.Status{books.Pending}}, want: "b"},
			"to is not":       {f: books.ConversionFilter{Span: books.Span{To: &soon}}, want: "none"},
			"from and to":     {f: books.ConversionFilter{Span: books.Span{From: &early, To: &late}, Statuses: []books.Status{books.Pending}}, want: "b"},
			"network":         {scope: books.Scope{Network: "other"}, want: "none"},
			"currency":        {f: books.ConversionFilter{Currency: "EUR"}, want: "none"},
			"advertiser":      {f: books.ConversionFilter{Advertiser: "acme", Offer: "hats"}, want: "h"},
			"ids":             {f: books.ConversionFilter{IDs: []string{all[0].ID, "x"}}, want: "h"},
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
	each(t, func(t *testing.T, o *reporttest.Office, b *books.Books) {
		v := visit{At: noon}
		entries := []journal.Entry{v.Click()}
		for i := range 25 {
			entries = append(entries, v.Postback(noon.Add(time.Duration(i/5)*time.Second), reporttest.Order(fmt.Sprint(i))))
		}
		o.Write(entries...)
		seen := map[string]bool{}
		page := books.Page{Limit: 10}
		for n := 0; ; n++ {
			list, err := b.Conversions(t.Context(), books.Scope{}, books.ConversionFilter{}, page)
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
		_, err := b.Conversions(t.Context(), books.Scope{}, books.ConversionFilter{}, books.Page{Limit: 1, Cursor: "x' OR 1=1 --"})
		if !errors.Is(err, books.ErrBadCursor) {
			t.Errorf("a cursor of no answer: %v", err)
		}
		empty, err := b.Conversions(t.Context(), books.Scope{Network: "none"}, books.ConversionFilter{}, books.Page{Limit: 1})
		if text, _ := json.Marshal(empty); err != nil || string(text) != `{"items":[],"next":""}` {
			t.Errorf("an empty list is %s, %v", text, err)
		}
	})
}

func TestPostbackLog(t *testing.T) {
	each(t, func(t *testing.T, o *reporttest.Office, b *books.Books) {
		v := visit{At: noon}
		o.Write(v.Click())
		o.Write(
			v.Postback(noon.Add(90*time.Second), reporttest.Order("a"), func(p *journal.Postback) {
				p.GoalRaw = "02"
				p.Params = append(p.Params, journal.Param{Name: "api_key", Value: "hidden"}, journal.Param{Name: "amp;KEY", Value: "hidden"}, journal.Param{Name: "x\xff", Value: "<b>"},
					journal.Param{Name: "goal", Value: "4"}, journal.Param{Name: "Goal", Value: "3"})
			}),
			v.Postback(noon.Add(2*time.Minute), reporttest.Order("a")),
			journal.Entry{Postback: &journal.Postback{At: noon.Add(3 * time.Minute).UnixMicro(), Network: "net", Reason: "bad_click_id", HTTPStatus: 400, RawClickID: "junk",
				Params: []journal.Param{{Name: "clickid", Value: "junk"}, {Name: "TXID", Value: "Undefined"}}, SourceIP: "203.0.113.1", Test: true}},
		)
		log := func(f books.PostbackFilter) []books.Postback {
			t.Helper()
			list, err := b.Postbacks(t.Context(), books.Scope{}, f, books.Page{Limit: 100})
			if err != nil {
				t.Fatal(err)
			}
			return list.Items
		}
		got := log(books.PostbackFilter{})
		if len(got) != 3 || got[0].ClickID != "junk" || got[0].DelaySeconds != nil || got[0].HTTPStatus != 400 || got[0].GoalRaw != "" || !got[0].Test ||
			!got[0].OrderIDMissing || got[1].OrderIDMissing {
			t.Fatalf("%+v", got)
		}
		want := books.Params{{Name: "clickid", Value: v.ClickID()}, {Name: "goal", Value: "2"}, {Name: "x\uFFFD", Value: "<b>"}, {Name: "Goal", Value: "3"}}
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
			f    books.PostbackFilter
			want int
		}{
			"verdict":       {books.PostbackFilter{Verdicts: []string{"refused", "pending"}}, 2},
			"reason":        {books.PostbackFilter{Reason: "duplicate"}, 1},
			"offer":         {books.PostbackFilter{Offer: "shoes"}, 2},
			"goal":          {books.PostbackFilter{Goal: "2"}, 2},
			"click":         {books.PostbackFilter{ClickID: v.ClickID()}, 2},
			"no click id":   {books.PostbackFilter{ClickID: "junk"}, 1},
			"source":        {books.PostbackFilter{Source: "203.0.113.1"}, 1},
			"tests":         {books.PostbackFilter{Test: &yes}, 1},
			"no tests":      {books.PostbackFilter{Test: &no}, 2},
			"conversion":    {books.PostbackFilter{Conversion: got[2].Conversion}, 2},
			"via":           {books.PostbackFilter{Vias: []books.Via{books.ViaServer}}, 3},
			"order":         {books.PostbackFilter{OrderID: "a"}, 2},
			"other network": {books.PostbackFilter{AimpID: "x"}, 0},
		} {
			if got := log(tc.f); len(got) != tc.want {
				t.Errorf("%s: %d lines, want %d", name, len(got), tc.want)
			}
		}
		_, err := b.Postbacks(t.Context(), books.Scope{Partner: "blog", PartnerOnly: true}, books.PostbackFilter{}, books.Page{Limit: 1})
		if !errors.Is(err, books.ErrNotForPartners) {
			t.Errorf("for a partner: %v", err)
		}
	})
}

func TestClick(t *testing.T) {
	each(t, func(t *testing.T, o *reporttest.Office, b *books.Books) {
		v := visit{At: noon, Subs: [10]string{"one"}, Visitor: "Mozilla"}
		i := visit{At: noon, N: 9}
		o.Write(v.Click(), i.Impression(), v.Postback(noon.Add(time.Minute), func(p *journal.Postback) { p.Terms.Goal.EndPoint = true }))
		c, err := b.Click(t.Context(), books.Scope{}, v.ClickID())
		if err != nil {
			t.Fatal(err)
		}
		if c.Kind != "click" || c.Offer != "shoes" || c.Partner != "blog" || c.Sub1 != "one" || c.IP != "192.0.2.1" || c.UserAgent != "Mozilla" || c.Ref != "ref-1" ||
			!c.Time.Equal(noon) || !c.Unique || c.ClosedAt == nil || len(c.Conversions) != 1 || c.ClosedBy != c.Conversions[0].ID {
			t.Errorf("%+v", c)
		}
		if c, err = b.Click(t.Context(), books.Scope{}, i.ImpressionID()); err != nil || c.Kind != "impression" || c.ImpressionID != "imp-1" || c.Conversions == nil {
			t.Errorf("%+v, %v", c, err)
		}
		c, err = b.Click(t.Context(), books.Scope{Partner: "blog", PartnerOnly: true}, v.ClickID())
		if err != nil || c.IP != "" || c.UserAgent != "" || c.Advertiser != "" || c.Conversions[0].Revenue != nil {
			t.Errorf("the partner sees %+v, %v", c, err)
		}
		for _, id := range []string{"", "junk", visit{At: noon, N: 5}.ClickID()} {
			if _, err := b.Click(t.Context(), books.Scope{}, id); !errors.Is(err, books.ErrNotFound) {
				t.Errorf("%q: %v", id, err)
			}
		}
		if _, err := b.Click(t.Context(), books.Scope{Network: "other"}, v.ClickID()); !errors.Is(err, books.ErrNotFound) {
			t.Errorf("in another network: %v", err)
		}
	})
}

func TestDeliveries(t *testing.T) {
	each(t, func(t *testing.T, o *reporttest.Office, b *books.Books) {
		v := visit{At: noon}
		i := visit{At: noon.Add(time.Second), N: 1}.Impression()
		i.Impression.DestinationName, i.Impression.DestinationURL = "main", "https://adv.example/imp?i=1"
		o.Write(v.Click(), i, v.Postback(noon.Add(time.Minute), func(p *journal.Postback) {
			p.Terms.Partner.Postbacks = []snapshot.PartnerPostback{{Name: "sales", URL: "https://blog.example/pb?id={sub1}"}}
		}))
		list := func(scope books.Scope, f books.DeliveryFilter) []books.Delivery {
			t.Helper()
			l, err := b.Deliveries(t.Context(), scope, f, books.Page{Limit: 100})
			if err != nil {
				t.Fatal(err)
			}
			return l.Items
		}
		all := list(books.Scope{}, books.DeliveryFilter{})
		if len(all) != 2 {
			t.Fatalf("%+v", all)
		}
		d := all[0]
		if d.Kind != books.PostbackDelivery || d.State != delivery.Waiting || d.Name != "sales" || d.Partner != "blog" || d.Goal != "2" || d.Status != books.Approved ||
			d.URL != "https://blog.example/pb?id={sub1}" || d.NextAt == nil || d.TriedAt != nil || d.Event == "" {
			t.Errorf("%+v", d)
		}
		if err := o.Store.Update(t.Context(), func(tx *store.Tx) error {
			_, err := tx.Exec(t.Context(), "UPDATE deliveries SET state = 'parked', tried_at = 5, attempts = 13, http_status = 500, error = 'no' WHERE id = ?", d.ID)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if d, err := b.Delivery(t.Context(), books.Scope{}, d.ID); err != nil || d.State != delivery.Parked || d.NextAt != nil || d.TriedAt == nil || d.Attempts != 13 || d.HTTPStatus != 500 {
			t.Errorf("%+v, %v", d, err)
		}
		for name, tc := range map[string]struct {
			scope books.Scope
			f     books.DeliveryFilter
			want  int
		}{
			"pending":           {f: books.DeliveryFilter{States: []delivery.State{delivery.Waiting}}, want: 1},
			"parked, suspended": {f: books.DeliveryFilter{States: []delivery.State{delivery.Parked, delivery.Suspended}}, want: 1},
			"impressions":       {f: books.DeliveryFilter{Kinds: []books.DeliveryKind{books.ImpressionDelivery}}, want: 1},
			"partner's":         {scope: books.Scope{Partner: "blog", PartnerOnly: true}, want: 1},
			"partner's others":  {scope: books.Scope{Partner: "blog", PartnerOnly: true}, f: books.DeliveryFilter{Kinds: []books.DeliveryKind{books.ImpressionDelivery}}},
			"offer":             {f: books.DeliveryFilter{Offer: "hats"}},
			"goal":              {f: books.DeliveryFilter{Goal: "2"}, want: 1},
			"name":              {f: books.DeliveryFilter{Name: "main"}, want: 1},
			"event":             {f: books.DeliveryFilter{Event: d.Event}, want: 1},
			"network":           {scope: books.Scope{Network: "x"}},
		} {
			if got := list(tc.scope, tc.f); len(got) != tc.want {
				t.Errorf("%s: %d, want %d", name, len(got), tc.want)
			}
		}
		if _, err := b.Delivery(t.Context(), books.Scope{Partner: "mail"}, d.ID); !errors.Is(err, books.ErrNotFound) {
			t.Errorf("another partner's: %v", err)
		}
	})
}

// TestDelayIsNeverNegative: the clock of the click's tracker may be ahead of that of
// the postback's.
func TestDelayIsNeverNegative(t *testing.T) {
	each(t, func(t *testing.T, o *reporttest.Office, b *books.Books) {
		v := visit{At: noon.Add(2 * time.Second)}
		o.Write(v.Click(), v.Postback(noon))
		list, err := b.Postbacks(t.Context(), books.Scope{}, books.PostbackFilter{}, books.Page{Limit: 100})
		if err != nil || len(list.Items) != 1 {
			t.Fatalf("%+v, %v", list.Items, err)
		}
		if p := list.Items[0]; p.Verdict != "approved" || *p.DelaySeconds != 0 {
			t.Errorf("%s %s after %d s", p.Verdict, p.Reason, *p.DelaySeconds)
		}
	})
}
