package console_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/tracker/admin"
	"github.com/waypost/waypost/tracker/journal"
	"github.com/waypost/waypost/tracker/ledger/delivery"
	"github.com/waypost/waypost/tracker/ledger/ledgertest"
	"github.com/waypost/waypost/tracker/ledger/query"
)

const evil = `"><script>alert(1)</script><img src=x onerror=alert(2)>`

// tell writes a story whose every foreign text wants to become markup.
func tell(b *browser) visit {
	v := visit{At: noon, Payout: 50_000, Revenue: 80_000, Source: evil, Country: "NL", Subs: [10]string{evil, "javascript:alert(1)"}, Visitor: evil}
	b.Write(v.Click(), visit{N: 1, At: noon, Partner: "mail"}.Click(),
		v.Postback(noon.Add(time.Minute), ledgertest.Order(evil), ledgertest.Amount(10_000_000), func(p *journal.Postback) {
			p.Params = append(p.Params, journal.Param{Name: evil, Value: evil})
			p.Extras = map[string]string{"comment": evil}
			p.Terms.Goal.Title = evil
			p.Terms.Partner.Postbacks = []snapshot.PartnerPostback{{Name: "sales", URL: "https://blog.example/pb?id={sub1}"}}
		}),
		v.Postback(noon.Add(2*time.Minute), ledgertest.Order("b"), ledgertest.Status(snapshot.StatusPending), ledgertest.Goal("Up", "sign-up", "Sign-up")),
		v.Postback(noon.Add(3*time.Minute), ledgertest.Order("c"), ledgertest.Goal("secret", "secret", "Secret"), ledgertest.Private),
		journal.Entry{Postback: &journal.Postback{At: noon.Add(4 * time.Minute).UnixMicro(), Network: "net", Reason: "bad_click_id", HTTPStatus: 400,
			RawClickID: evil, GoalRaw: evil, SourceIP: "203.0.113.1"}})
	return v
}

func (b *browser) conversionID(f query.ConversionFilter) string {
	b.Helper()
	list, err := query.New(b.Store).Conversions(b.Context(), query.Scope{}, f, query.Page{Limit: 1})
	if err != nil || len(list.Items) == 0 {
		b.Fatalf("%+v, %v", list, err)
	}
	return list.Items[0].ID
}

func TestPagesEscapeEverything(t *testing.T) {
	each(t, func(b *browser) {
		v := tell(b)
		b.asAdmin()
		id := b.conversionID(query.ConversionFilter{OrderID: evil})
		q := url.QueryEscape(evil)
		for _, path := range []string{
			"/", "/?group=source", "/?group=sub1&offer=" + q + "&from=" + q, "/?group=goal&partner=" + q + "&network=" + q,
			"/conversions", "/conversions?status=" + q + "&offer=" + q + "&click=" + q + "&order=" + q, "/conversions/" + id,
			"/clicks/" + v.ClickID(), "/postbacks", "/postbacks?verdict=" + q + "&source=" + q, "/deliveries", "/deliveries?state=" + q + "&event=" + q,
		} {
			text := b.page(path)
			b.contains(text, "!<script", "!<img", `!href="javascript:`)
			if strings.Contains(path, id) {
				b.contains(text, "&lt;script&gt;alert(1)")
			}
		}
		for _, path := range []string{"/sign-in?next=" + q, "/conversions/" + url.PathEscape(evil), "/clicks/" + url.PathEscape(evil), "/nothing" + url.PathEscape(evil), "/conversions?cursor=" + q} {
			b.contains(b.get(path).text, "!<script", "!<img")
		}
	})
}

func TestOverview(t *testing.T) {
	each(t, func(b *browser) {
		tell(b)
		b.asAdmin()
		b.contains(b.page("/"), "<b>2</b><span>Clicks</span>", "Profit USD", "<b>100.00 %</b>", `<th scope="row">shoes</th>`, "2026-11-20: 2", "ann &lt;admin&gt;", "Times are in UTC")
		b.contains(b.page("/?group=partner&from=2026-11-20&to=2026-11-20"), `<th scope="row">mail</th>`, `<option value="partner" selected>`, `aria-current="true">Today`)
		b.contains(b.page("/?from=2026-11-21&to=2026-11-22"), "Nothing happened in these days", "!<table")
		b.contains(b.page("/?from=2020-01-01&group=month"), `<th scope="row">2026-11</th>`, "!<svg viewBox=\"0 0 14")
		b.contains(b.page("/?group=nonsense&from=x"), `<th scope="row">shoes</th>`)
	})
}

func TestModeration(t *testing.T) {
	each(t, func(b *browser) {
		tell(b)
		b.asAdmin()
		id := b.conversionID(query.ConversionFilter{OrderID: "b"})
		b.contains(b.page("/conversions?status=pending"), id, `<span class="badge open">pending</span>`, "!"+b.conversionID(query.ConversionFilter{OrderID: "c"}))
		asked := b.send("/conversions", url.Values{"id": {id}, "decision": {"reject"}, "back": {"/conversions?offer=shoes"}}, "same-origin")
		b.contains(asked.text, "Reject 1 conversion?", `name="pending" value="`+id+`"`, `<td class="n">1.00 <small>USD</small></td>`, `<div class="clip" title="b">b</div>`, `href="/conversions?offer=shoes"`)
		b.contains(b.page("/conversions?status=pending"), id) // asking decides nothing
		decide := func(act, seen string) string {
			return b.send("/conversions", url.Values{seen: {id}, "decision": {act}, "note": {evil}, "partnerReason": {"returned"}, "back": {"/conversions?offer=shoes"}}, "same-origin").text
		}
		b.contains(decide("reject", "pending"), "1 decided.", `<span class="badge bad">rejected</span>`, `href="/conversions?offer=shoes"`)
		b.contains(decide("reject", "pending"), "1 decided.", "!refused") // a page that is loaded again
		b.contains(b.send("/conversions", url.Values{"pending": {id, "nope"}, "decision": {"reject"}}, "same-origin").text, "1 decided.", "Not found: nope.")
		b.contains(b.page("/conversions/"+id), "by <b>ann &lt;admin&gt;</b>", "the partner reads: returned", `value="approve"`, `!value="reject"`, `!value="release"`)
		b.contains(decide("approve", "pending"), "0 decided, 1 refused.", "status has changed", "<small>status_changed</small>")
		b.contains(decide("release", "rejected"), "0 decided, 1 refused.", "<small>not_on_hold</small>")
		b.contains(decide("approve", "rejected"), "1 decided.", `<span class="badge good">approved</span>`)
		b.contains(decide("release", "approved"), "0 decided, 1 refused.", "<small>not_on_hold</small>")
		other := b.conversionID(query.ConversionFilter{OrderID: "c"})
		ask := func(act string, ids ...string) string {
			return b.send("/conversions", url.Values{"id": ids, "decision": {act}, "back": {"/conversions"}}, "same-origin").text
		}
		b.contains(ask("approve", id, other), "Nothing to approve", "2 of the ticked stay as they are: they are approved", "!<button name=\"decision\"")
		b.contains(ask("release", id), "Nothing to release", "1 of the ticked stays as it is: it is not on hold <small>not_on_hold</small>", "!<button name=\"decision\"")
		decide("reject", "approved")
		b.contains(ask("approve", id, other), "Approve 1 conversion?", ">Approve 1</button>", "1 of the ticked stays as it is", "!"+other)
		b.contains(ask("reject", id, other), "Reject 1 conversion?", ">Reject 1</button>", "rejected already", `name="approved" value="`+other+`"`)

		for name, fields := range map[string]url.Values{
			"no decision":    {"id": {id}, "back": {"/"}},
			"wrong decision": {"id": {id}, "decision": {"delete"}},
			"wrong one seen": {"pending": {id}, "decision": {"hold"}},
			"too many seen":  {"pending": strings.Split(strings.Repeat("x,", 60), ","), "decision": {"approve"}},
			"too many":       {"id": strings.Split(strings.Repeat("x,", 60), ","), "decision": {"approve"}},
		} {
			if a := b.send("/conversions", fields, "same-origin"); a.status != http.StatusBadRequest {
				t.Errorf("%s: %d", name, a.status)
			}
		}
		if a := b.send("/conversions", url.Values{"decision": {"approve"}, "back": {"//evil.example/"}}, "same-origin"); a.location != "/" {
			t.Errorf("nothing ticked leads to %q", a.location)
		}
	})
}

func TestModerationThatIsNotPossible(t *testing.T) {
	each(t, func(b *browser) {
		v := visit{At: noon}
		b.Write(v.Click(), v.Postback(noon.Add(time.Second), ledgertest.Order("a"), func(p *journal.Postback) { p.Currency = "EUR" }), v.Postback(noon.Add(2*time.Second), ledgertest.Order("a")),
			v.Postback(noon.Add(3*time.Second), ledgertest.Order("b"), ledgertest.Status(snapshot.StatusPending)))
		b.asAdmin()
		id := b.conversionID(query.ConversionFilter{Statuses: []query.Status{query.Rejected}})
		pending := b.conversionID(query.ConversionFilter{Statuses: []query.Status{query.Pending}})
		a := b.send("/conversions", url.Values{"rejected": {id}, "pending": {pending}, "decision": {"approve"}, "back": {"/conversions"}}, "same-origin")
		b.contains(a.text, "1 decided, 1 refused.", "another conversion has taken its place", "<small>duplicate</small>", `<span class="badge good">approved</span>`)
	})
}

// TestEnterNeverDecides: a form with a field to write in has no button that decides, but
// for the one that asks, whose fields take Enter as a new line.
func TestEnterNeverDecides(t *testing.T) {
	each(t, func(b *browser) {
		tell(b)
		b.asAdmin()
		id := b.conversionID(query.ConversionFilter{OrderID: "b"})
		asking := b.send("/conversions", url.Values{"id": {id}, "decision": {"reject"}, "back": {"/"}}, "same-origin")
		for where, text := range map[string]string{"list": b.page("/conversions"), "conversion": b.page("/conversions/" + id), "question": asking.text} {
			tree, err := html.Parse(strings.NewReader(text))
			if err != nil {
				t.Fatal(err)
			}
			for form := range tree.Descendants() {
				if form.Data != "form" {
					continue
				}
				decides, fields := false, 0
				for n := range form.Descendants() {
					kind := attribute(n, "type")
					decides = decides || n.Data == "button" && attribute(n, "name") == "decision"
					if n.Data == "input" && kind != "hidden" && kind != "checkbox" || n.Data == "select" {
						fields++
					}
				}
				if decides && fields > 0 {
					t.Errorf("%s: Enter in a field of %s decides", where, attribute(form, "action"))
				}
			}
		}
	})
}

func TestPagesOfAList(t *testing.T) {
	each(t, func(b *browser) {
		v := visit{At: noon}
		entries := []journal.Entry{v.Click()}
		for i := range 60 {
			entries = append(entries, v.Postback(noon.Add(time.Duration(i)*time.Second), ledgertest.Order(fmt.Sprintf("order-%02d", i))))
		}
		b.Write(entries...)
		b.asAdmin()
		for _, path := range []string{"/conversions?offer=shoes", "/postbacks?offer=shoes"} {
			text := b.page(path)
			_, rest, _ := strings.Cut(text, `rel="next" href="`)
			next, _, ok := strings.Cut(rest, `"`)
			if !ok || !strings.Contains(next, "offer=shoes") {
				t.Fatalf("%s leads to %q", path, next)
			}
			older := b.page(strings.Split(path, "?")[0] + strings.ReplaceAll(next, "&amp;", "&"))
			b.contains(older, ">Newest</a>", "!rel=\"next\"", "12:00:09", "!12:00:10")
		}
	})
}

func TestPostbacksAndClicks(t *testing.T) {
	each(t, func(b *browser) {
		v := tell(b)
		b.asAdmin()
		b.contains(b.page("/postbacks"), "bad_click_id", `<span class="badge dull">refused</span>`, "203.0.113.9", "60 s", ">400</td>")
		b.contains(b.page("/postbacks?verdict=approved"), "!bad_click_id")
		b.contains(b.page("/clicks/"+v.ClickID()), "192.0.2.1", "javascript:alert(1)", "<dd>open</dd>")
		if a := b.get("/clicks/" + (visit{N: 77, At: noon}).ClickID()); a.status != http.StatusNotFound {
			t.Errorf("an unknown click: %d", a.status)
		}
	})
}

func TestDeliveries(t *testing.T) {
	each(t, func(b *browser) {
		tell(b)
		b.asAdmin()
		b.contains(b.page("/deliveries"), "https://blog.example/pb?id=", "!{sub1}", "sales", "!Suspended")
		for n := range 10 {
			due, err := b.queue.Due(b.Context(), time.Now(), 1, nil, nil)
			if err != nil || len(due) != 1 {
				t.Fatalf("%v, %v", due, err)
			}
			if err := b.queue.Record(b.Context(), []delivery.Result{{ID: due[0].ID, Target: due[0].Target, At: noon.Add(time.Duration(n) * time.Hour), State: delivery.Waiting, NextAt: noon,
				HTTPStatus: 500, Error: "answered " + evil, Body: evil}}); err != nil {
				t.Fatal(err)
			}
		}
		text := b.page("/deliveries?state=suspended")
		b.contains(text, "<h2>Suspended</h2>", "10 failures", "!<script")
		_, rest, _ := strings.Cut(text, `action="/deliveries/`)
		resume, _, _ := strings.Cut(rest, `"`)
		a := b.send("/deliveries/"+resume, nil, "same-origin")
		if a.status != http.StatusSeeOther {
			t.Fatalf("%d %s", a.status, a.text)
		}
		text = b.page(a.location)
		b.contains(text, "It is due again", "!<h2>Suspended</h2>")
		_, rest, _ = strings.Cut(text, `action="/deliveries/`)
		retry, _, _ := strings.Cut(rest, `"`)
		if a = b.send("/deliveries/"+retry, nil, "same-origin"); a.location != "/deliveries?retried=1" {
			t.Errorf("retry: %d to %s\n%s", a.status, a.location, a.text)
		}
		if a = b.send("/deliveries/none/retry", nil, "same-origin"); a.status != http.StatusNotFound {
			t.Errorf("retry of none: %d", a.status)
		}
		if a = b.send("/deliveries/"+resume, nil, "same-origin"); a.status != http.StatusNotFound {
			t.Errorf("resuming twice: %d", a.status)
		}
	})
}

func TestSignIn(t *testing.T) {
	each(t, func(b *browser) {
		tell(b)
		if a := b.get("/conversions?status=pending"); a.status != http.StatusSeeOther || a.location != "/sign-in?next=%2Fconversions%3Fstatus%3Dpending" {
			t.Errorf("without a token: %d to %s", a.status, a.location)
		}
		b.contains(b.page("/sign-in?next=/conversions"), `name="next" value="/conversions"`)
		for _, tc := range []struct {
			fields url.Values
			status int
			text   string
		}{
			{url.Values{"token": {"wrong"}}, 401, "not valid"},
			{url.Values{}, 401, "not valid"},
			{url.Values{"token": {"partner"}}, 401, "not for what you ask"},
			{url.Values{"token": {"broken"}}, 401, "could not be checked"},
		} {
			a := b.signIn(tc.fields)
			if a.status != tc.status || !strings.Contains(a.text, tc.text) || a.header.Get("Set-Cookie") != "" {
				t.Errorf("%v: %d %s", tc.fields, a.status, a.text)
			}
		}
		a := b.signIn(url.Values{"token": {" admin\n"}, "next": {"/conversions?status=pending"}})
		if a.status != http.StatusSeeOther || a.location != "/conversions?status=pending" {
			t.Errorf("%d to %s", a.status, a.location)
		}
		for _, c := range a.header.Values("Set-Cookie") {
			if !strings.Contains(c, "HttpOnly") || !strings.Contains(c, "SameSite=Strict") || !strings.Contains(c, "Path=/") {
				t.Errorf("cookie %s", c)
			}
		}
		if !strings.HasPrefix(a.header.Get("Set-Cookie"), admin.CookieName+"=admin") {
			t.Errorf("cookies %v", a.header.Values("Set-Cookie"))
		}
		for _, next := range []string{"//evil.example", "https://evil.example/", `/\evil.example`, "javascript:alert(1)", ""} {
			if a := b.signIn(url.Values{"token": {"admin"}, "next": {next}}); a.location != "/" {
				t.Errorf("next %q leads to %q", next, a.location)
			}
		}
		if a = b.send("/sign-out", nil, "same-origin"); a.location != "/sign-in" {
			t.Errorf("sign-out leads to %q", a.location)
		}
		if a = b.get("/"); a.status != http.StatusSeeOther {
			t.Errorf("after signing out: %d", a.status)
		}
	})
}

func TestOtherSitesChangeNothing(t *testing.T) {
	each(t, func(b *browser) {
		tell(b)
		b.asAdmin()
		id := b.conversionID(query.ConversionFilter{OrderID: "b"})
		for _, site := range []string{"cross-site", "same-site"} {
			for _, path := range []string{"/conversions", "/sign-in", "/sign-out", "/deliveries/x/retry"} {
				if a := b.send(path, url.Values{"id": {id}, "decision": {"reject"}}, site); a.status != http.StatusForbidden {
					t.Errorf("POST %s, %s: %d", path, site, a.status)
				}
			}
		}
		if got := b.conversionID(query.ConversionFilter{Statuses: []query.Status{query.Pending}}); got != id {
			t.Error("the conversion was changed")
		}
	})
}

func TestAPartnersConsole(t *testing.T) {
	each(t, func(b *browser) {
		v := tell(b)
		if a := b.signIn(url.Values{"token": {"partner"}, "network": {"net"}, "partner": {"blog"}}); a.status != http.StatusSeeOther {
			t.Fatalf("%d %s", a.status, a.text)
		}
		b.contains(b.page("/"), "!Revenue", "!Profit", "!mail", "!Postbacks", `<span class="scope">blog</span>`)
		b.contains(b.page("/?group=goal&partner=mail"), "!Secret", "!>mail<")
		b.contains(b.page("/conversions"), "!Revenue", "!Approve", "!secret", "!checkbox")
		b.contains(b.page("/conversions/"+b.conversionID(query.ConversionFilter{OrderID: "b"})), "!Revenue", "!acme", "!Approve")
		b.contains(b.page("/clicks/"+v.ClickID()), "!192.0.2.1", "!acme")
		b.contains(b.page("/deliveries"), "!Retry")
		for _, path := range []string{"/postbacks", "/?group=advertiser&x=1"} {
			if a := b.get(path); path == "/postbacks" && a.status != http.StatusForbidden {
				t.Errorf("%s: %d", path, a.status)
			}
		}
		if a := b.get("/conversions/" + b.conversionID(query.ConversionFilter{OrderID: "c"})); a.status != http.StatusNotFound {
			t.Errorf("a private goal's conversion: %d", a.status)
		}
		if a := b.send("/conversions", url.Values{"id": {"x"}, "decision": {"approve"}}, "same-origin"); a.status != http.StatusForbidden {
			t.Errorf("deciding: %d", a.status)
		}
	})
}

func TestStylesAndUnknownPages(t *testing.T) {
	each(t, func(b *browser) {
		if a := b.get("/console.css"); a.status != 200 || !strings.HasPrefix(a.header.Get("Content-Type"), "text/css") {
			t.Errorf("styles: %d %s", a.status, a.header.Get("Content-Type"))
		}
		if a := b.get("/wp-login.php"); a.status != 404 {
			t.Errorf("unknown: %d", a.status)
		}
		b.signIn(url.Values{"token": {"admin"}})
		if a := b.send("/postbacks", nil, "same-origin"); a.status != 404 && a.status != 405 {
			t.Errorf("POST of a list: %d", a.status)
		}
	})
}
