package api_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/tracker/journal"
	"github.com/waypost/waypost/tracker/ledger/ledgertest"
)

// tell writes a click with three conversions, one of them of a private goal, and a
// click of another partner.
func tell(s *server) visit {
	v := visit{At: noon, Payout: 50_000, Revenue: 80_000, Source: "=1+1", Subs: [10]string{"one", "<b>\"x\"&</b>"}}
	s.Write(v.Click(), visit{N: 1, At: noon, Partner: "mail"}.Click(),
		v.Postback(noon.Add(time.Minute), ledgertest.Order("a"), ledgertest.Amount(10_000_000), func(p *journal.Postback) {
			p.Terms.Partner.Postbacks = []snapshot.PartnerPostback{{Name: "sales", URL: "https://blog.example/pb?id={sub1}"}}
		}),
		v.Postback(noon.Add(2*time.Minute), ledgertest.Order("b"), ledgertest.Status(snapshot.StatusPending)),
		v.Postback(noon.Add(3*time.Minute), ledgertest.Order("c"), ledgertest.Goal("secret", "secret", "Secret"), ledgertest.Private))
	return v
}

func TestReport(t *testing.T) {
	each(t, func(s *server) {
		tell(s)
		_, _, data := s.call(s.request("GET", "/reports?group=day,offer,partner,goal", ""))
		want := `{"rows":[` +
			`{"day":"2026-11-20","offer":"shoes","partner":"blog","goal":"","goalTitle":"","currency":"USD","clicks":1,"impressions":0,"conversions":0,"pending":0,"hold":0,"rejected":0,"payout":"0.05","revenue":"0.08","profit":"0.03","uniqueClicks":1,"goalClicks":0,"cr":"0.00","epc":"0.05","epm":null,"network":"net"},` +
			`{"day":"2026-11-20","offer":"shoes","partner":"blog","goal":"2","goalTitle":"Purchase","currency":"USD","clicks":0,"impressions":0,"conversions":1,"pending":1,"hold":0,"rejected":0,"payout":"1.00","revenue":"3.00","profit":"2.00","uniqueClicks":0,"goalClicks":0,"cr":"100.00","epc":"1.00","epm":null,"network":"net"},` +
			`{"day":"2026-11-20","offer":"shoes","partner":"blog","goal":"secret","goalTitle":"Secret","currency":"USD","clicks":0,"impressions":0,"conversions":1,"pending":0,"hold":0,"rejected":0,"payout":"0.00","revenue":"2.00","profit":"2.00","uniqueClicks":0,"goalClicks":0,"cr":"100.00","epc":"0.00","epm":null,"network":"net"},` +
			`{"day":"2026-11-20","offer":"shoes","partner":"mail","goal":"","goalTitle":"","currency":"USD","clicks":1,"impressions":0,"conversions":0,"pending":0,"hold":0,"rejected":0,"payout":"0.00","revenue":"0.00","profit":"0.00","uniqueClicks":1,"goalClicks":0,"cr":"0.00","epc":"0.00","epm":null,"network":"net"}],` +
			`"totals":[{"currency":"USD","clicks":2,"impressions":0,"conversions":2,"pending":1,"hold":0,"rejected":0,"payout":"1.05","revenue":"5.08","profit":"4.03","uniqueClicks":2,"goalClicks":0,"cr":"100.00","epc":"0.525","epm":null}]}` + "\n"
		if string(data) != want {
			t.Errorf("got  %s\nwant %s", data, want)
		}
	})
}

func TestReportAsCSV(t *testing.T) {
	each(t, func(s *server) {
		tell(s)
		r := s.request("GET", "/reports?group=source,sub2&partner=blog&goal=2", "")
		r.Header.Set("Accept", "text/html;q=0.9, text/csv")
		status, header, data := s.call(r)
		want := "source,sub2,currency,clicks,impressions,conversions,pending,hold,rejected,payout,revenue,profit,uniqueClicks,goalClicks,cr,epc,epm,network\n" +
			"'=1+1,\"<b>\"\"x\"\"&</b>\",USD,0,0,1,1,0,0,1.00,3.00,2.00,0,,,,,net\n"
		if status != 200 || !strings.HasPrefix(header.Get("Content-Type"), "text/csv") || string(data) != want {
			t.Errorf("%d %s\n%swant\n%s", status, header.Get("Content-Type"), data, want)
		}
		for accept, csv := range map[string]bool{"": false, "*/*": false, "application/json": false, "application/json, text/csv;q=0.5": false,
			"text/csv, application/json;q=0.5": true, "TEXT/CSV": true, "text/csv;q=0": false, "text/csv;q=": false, ";;,text/csv": true} {
			r := s.request("GET", "/reports", "")
			r.Header.Set("Accept", accept)
			if _, header, _ := s.send(r); strings.HasPrefix(header.Get("Content-Type"), "text/csv") != csv {
				t.Errorf("Accept %q is answered with %s", accept, header.Get("Content-Type"))
			}
		}
	})
}

// TestGoalClicksThatNobodyKnows are null, not zero.
func TestGoalClicksThatNobodyKnows(t *testing.T) {
	each(t, func(s *server) {
		tell(s)
		for query, known := range map[string]bool{"group=goal": true, "group=goal,source": false, "group=goal,sub1": false, "group=goal,country": false} {
			var got struct{ Rows, Totals []map[string]any }
			s.get("/reports?"+query, &got)
			for _, row := range append(got.Rows, got.Totals...) {
				if (row["goalClicks"] != nil) != known {
					t.Errorf("%s: goalClicks are %v", query, row["goalClicks"])
				}
			}
			if len(got.Rows) == 0 {
				t.Errorf("%s: no rows", query)
			}
		}
	})
}

func TestReportParameters(t *testing.T) {
	each(t, func(s *server) {
		tell(s)
		for query, want := range map[string]int{
			"group=goalName&status=approved":   2,
			"group=hour&timeZone=Asia/Kolkata": 1,
			"group=month,day,hour,network,offer,partner,advertiser,goal,goalName,source,sub1,sub2,sub3,sub4,sub5,sub6,sub7,sub8,sub9,sub10,country,device,status": 5,
			"from=2026-11-20&to=2026-11-21":                                  1,
			"from=2026-11-20&to=2026-11-20":                                  1,
			"from=2026-11-19&to=2026-11-19":                                  0,
			"from=2026-11-21":                                                0,
			"from=2026-11-20T12:01:30Z&to=2026-11-20T13:02:30+01:00&status=": 1,
			"offer=shoes&partner=blog&goal=2&advertiser=acme&network=net":    1,
			"sub2=%3Cb%3E%22x%22%26%3C%2Fb%3E&source=%3D1%2B1":               1,
			"offer=none":                                  0,
			"offer=&partner=&from=&group=":                1,
			"currency=USD&country=&device=":               1,
			"goalName=PURCHASE&timeZone=America/New_York": 1,
		} {
			var got struct{ Rows, Totals []object }
			s.get("/reports?"+query, &got)
			if len(got.Rows) != want || got.Rows == nil || got.Totals == nil {
				t.Errorf("%s: %d rows, want %d", query, len(got.Rows), want)
			}
		}
	})
}

func TestBadParameters(t *testing.T) {
	each(t, func(s *server) {
		for path, reason := range map[string]string{
			"/reports?nonsense=1":                        "unknown_parameter",
			"/reports?limit=5":                           "unknown_parameter",
			"/reports?group=week":                        "bad_parameter",
			"/reports?group=day,day":                     "bad_parameter",
			"/reports?status=Approved":                   "bad_parameter",
			"/reports?from=yesterday":                    "bad_parameter",
			"/reports?from=2026-13-01":                   "bad_parameter",
			"/reports?to=2026-11-20T25:00:00Z":           "bad_parameter",
			"/reports?from=0001-01-01":                   "bad_parameter",
			"/reports?timeZone=Mars":                     "bad_parameter",
			"/reports?timeZone=Local":                    "bad_parameter",
			"/reports?timeZone=../../etc/passwd":         "bad_parameter",
			"/reports?offer=%ff":                         "bad_parameter",
			"/reports?offer=a%00":                        "bad_parameter",
			"/reports?offer=%zz":                         "bad_parameter",
			"/reports?partner=blog&partner=mail":         "bad_parameter",
			"/reports?offer=" + strings.Repeat("x", 501): "bad_parameter",
			"/conversions?limit=0":                       "bad_parameter",
			"/conversions?limit=1001":                    "bad_parameter",
			"/conversions?limit=ten":                     "bad_parameter",
			"/conversions?cursor=x":                      "bad_cursor",
			"/conversions?cursor=%27%3B--":               "bad_cursor",
			"/conversions?status=paid":                   "bad_parameter",
			"/conversions?follow=yes":                    "bad_parameter",
			"/conversions?follow=1&to=2026-11-20":        "bad_parameter",
			"/postbacks?verdict=ok":                      "bad_parameter",
			"/postbacks?status=approved":                 "unknown_parameter",
			"/postbacks?test=maybe":                      "bad_parameter",
			"/postbacks?cursor=1":                        "bad_cursor",
			"/deliveries?state=waiting":                  "bad_parameter",
			"/deliveries?cursor=1":                       "bad_cursor",
			"/deliveries/targets?state=parked":           "bad_parameter",
			"/clicks/x?id=1":                             "unknown_parameter",
			"/openapi.json?x=1":                          "unknown_parameter",
		} {
			s.refused(s.request("GET", path, ""), http.StatusBadRequest, reason)
		}
	})
}

func TestPathsAndMethods(t *testing.T) {
	each(t, func(s *server) {
		for _, tc := range []struct {
			method, path string
			status       int
			reason       string
		}{
			{"GET", "/nothing", 404, "not_found"},
			{"GET", "/conversions/none", 404, "not_found"},
			{"GET", "/deliveries/none", 404, "not_found"},
			{"GET", "/clicks/none", 404, "not_found"},
			{"POST", "/conversions/none/approve", 404, "not_found"},
			{"POST", "/deliveries/none/retry", 404, "not_found"},
			{"POST", "/deliveries/targets/none/resume", 404, "not_found"},
			{"POST", "/reports", 405, "method_not_allowed"},
			{"DELETE", "/conversions/x", 405, "method_not_allowed"},
			{"GET", "/conversions/x/approve", 405, "method_not_allowed"},
		} {
			s.refused(s.request(tc.method, tc.path, ""), tc.status, tc.reason)
		}
		_, header, _ := s.send(s.request("PUT", "/conversions/approve", ""))
		if allow := header.Get("Allow"); allow != "GET, POST" { // GET as the id "approve"
			t.Errorf("Allow: %s", allow)
		}
		r := s.request("GET", "/reports", "")
		r.Header.Del("Authorization")
		s.refused(r, 401, "unauthenticated")
	})
}

func TestConversionsAndPages(t *testing.T) {
	each(t, func(s *server) {
		v := tell(s)
		var all page
		s.get("/conversions?clickID="+v.ClickID(), &all)
		if len(all.Items) != 3 || all.Next != "" || all.Items[0]["orderID"] != "c" || all.Items[2]["sub2"] != `<b>"x"&</b>` {
			t.Fatalf("%+v", all)
		}
		var first, second page
		s.get("/conversions?limit=2", &first)
		s.get("/conversions?limit=2&cursor="+first.Next, &second)
		if len(first.Items) != 2 || len(second.Items) != 1 || second.Next != "" || second.Items[0]["id"] != all.Items[2]["id"] {
			t.Errorf("pages %+v and %+v", first, second)
		}
		var one object
		s.get("/conversions/"+all.Items[0]["id"].(string)+"?network=net&partner=blog", &one)
		if one["goal"] != "secret" || one["payout"] != "0.00" || one["revenue"] != "2.00" || one["amount"] != nil {
			t.Errorf("%+v", one)
		}
		s.refused(s.request("GET", "/conversions/"+one["id"].(string)+"?network=other", ""), 404, "not_found")
	})
}

func TestPostbacksAndClicks(t *testing.T) {
	each(t, func(s *server) {
		v := tell(s)
		var log page
		s.get("/postbacks?verdict=approved,pending&offer=shoes&test=0", &log)
		if len(log.Items) != 3 || log.Items[2]["source"] != "203.0.113.9" || log.Items[2]["delaySeconds"] != 60.0 || log.Items[2]["httpStatus"] != 200.0 {
			t.Errorf("%+v", log)
		}
		var click object
		s.get("/clicks/"+v.ClickID(), &click)
		if click["sub1"] != "one" || len(click["conversions"].([]any)) != 3 || click["closedAt"] != nil {
			t.Errorf("%+v", click)
		}
	})
}

func TestWhatAPartnerSees(t *testing.T) {
	each(t, func(s *server) {
		v := tell(s)
		as := func(who, path string) *http.Request {
			r := s.request("GET", path, "")
			r.Header.Set("Authorization", "Bearer "+who)
			return r
		}
		_, _, data := s.call(as("partner", "/reports?group=goal&partner=blog"))
		for _, secret := range []string{"revenue", "profit", "secret", "Secret"} {
			if strings.Contains(string(data), secret) {
				t.Errorf("the report shows %s: %s", secret, data)
			}
		}
		_, _, data = s.call(as("partner", "/conversions?partner=blog"))
		for _, secret := range []string{"revenue", "secret", "advertiser", "acme", "ann"} {
			if strings.Contains(string(data), secret) {
				t.Errorf("the conversions show %s: %s", secret, data)
			}
		}
		var list page
		if err := json.Unmarshal(data, &list); err != nil || len(list.Items) != 2 {
			t.Errorf("%d conversions, %v", len(list.Items), err)
		}
		s.refused(as("partner", "/reports?partner=mail"), 403, "forbidden")
		s.refused(as("partner", "/reports"), 403, "forbidden")
		s.refused(as("partner-of-any", "/reports"), 403, "forbidden")
		s.refused(as("partner", "/reports?partner=blog&group=advertiser"), 403, "forbidden")
		s.refused(as("partner", "/postbacks?partner=blog"), 403, "forbidden")
		s.refused(as("partner", "/clicks/"+visit{N: 1, At: noon}.ClickID()+"?partner=blog"), 404, "not_found")
		var click object
		s.decode(as("partner", "/clicks/"+v.ClickID()+"?partner=blog"), &click)
		if click["ip"] != "" || click["advertiser"] != nil || len(click["conversions"].([]any)) != 2 {
			t.Errorf("%+v", click)
		}
		var all page
		s.get("/conversions?status=pending", &all)
		r := s.request("POST", "/conversions/"+all.Items[0]["id"].(string)+"/approve?partner=blog", "")
		r.Header.Set("Authorization", "Bearer partner")
		s.refused(r, 403, "forbidden")
	})
}

func TestDeliveriesAndTargets(t *testing.T) {
	each(t, func(s *server) {
		tell(s)
		var list page
		s.get("/deliveries?state=pending,suspended&kind=postback&partner=blog", &list)
		if len(list.Items) != 1 || list.Items[0]["url"] != "https://blog.example/pb?id={sub1}" || list.Items[0]["calledURL"] != "https://blog.example/pb?id=one" || list.Items[0]["name"] != "sales" || list.Items[0]["nextAt"] == nil {
			t.Fatalf("%+v", list)
		}
		id := list.Items[0]["id"].(string)
		suspend(s)
		var targets page
		s.get("/deliveries/targets?state=suspended", &targets)
		if len(targets.Items) != 1 || targets.Items[0]["failures"] != 10.0 || targets.Items[0]["suspendedAt"] == nil || targets.Items[0]["partner"] != "blog" {
			t.Fatalf("%+v", targets)
		}
		var one object
		s.get("/deliveries/"+id, &one)
		if one["state"] != "suspended" || one["attempts"] != 10.0 || one["error"] != "answered Bad Gateway" {
			t.Errorf("%+v", one)
		}
		s.refused(s.request("POST", "/deliveries/targets/"+targets.Items[0]["id"].(string)+"/resume?network=other", ""), 404, "not_found")
		s.post("/deliveries/targets/"+targets.Items[0]["id"].(string)+"/resume", "", &one)
		if one["state"] != "pending" || one["suspendedAt"] != nil {
			t.Errorf("%+v", one)
		}
		suspend(s)
		s.refused(s.request("POST", "/deliveries/"+id+"/retry?partner=mail", ""), 404, "not_found")
		s.post("/deliveries/"+id+"/retry", "{}", &one)
		if one["state"] != "pending" || one["attempts"] != 0.0 {
			t.Errorf("%+v", one)
		}
		deliver(s)
		s.refused(s.request("POST", "/deliveries/"+id+"/retry", ""), 409, "already_delivered")
		s.get("/deliveries/targets", &targets)
		if len(targets.Items) != 0 {
			t.Errorf("%+v", targets)
		}
	})
}

func TestModeration(t *testing.T) {
	each(t, func(s *server) {
		tell(s)
		var pending page
		s.get("/conversions?status=pending", &pending)
		id := pending.Items[0]["id"].(string)
		var c object
		s.post("/conversions/"+id+"/reject", `{"reason":"<fraud>"}`, &c)
		if c["status"] != "rejected" || c["reason"] != "<fraud>" {
			t.Errorf("%+v", c)
		}
		s.post("/conversions/"+id+"/reject", "", &c) // once more changes nothing
		s.post("/conversions/"+id+"/approve", "{}", &c)
		history := c["history"].([]any)
		last := history[len(history)-1].(object)
		if c["status"] != "approved" || len(history) != 3 || last["by"] != "ann" || last["from"] != "rejected" || last["to"] != "approved" {
			t.Errorf("%+v", c)
		}
		for body, status := range map[string]int{`{"reason":1}`: 400, `{"why":"x"}`: 400, `reason=x`: 400, `{} {}`: 400, `{"reason":"` + strings.Repeat("x", 501) + `"}`: 400,
			`{"reason":"` + strings.Repeat("x", 70_000) + `"}`: 413} {
			r := s.request("POST", "/conversions/"+id+"/reject", body)
			if got, _, data := s.send(r); got != status || !strings.Contains(string(data), `"reason":"bad_body"`) {
				t.Errorf("body %.40s: %d %s", body, got, data)
			}
		}
		s.refused(s.request("POST", "/conversions/"+id+"/reject?network=other", ""), 404, "not_found")
	})
}

func TestModerationThatTheBooksRefuse(t *testing.T) {
	each(t, func(s *server) {
		v := visit{At: noon}
		currency := func(p *journal.Postback) { p.Currency = "EUR" }
		s.Write(v.Click(), v.Postback(noon.Add(time.Second), ledgertest.Order("a"), currency), v.Postback(noon.Add(2*time.Second), ledgertest.Order("a")))
		var rejected page
		s.get("/conversions?status=rejected", &rejected)
		s.refused(s.request("POST", "/conversions/"+rejected.Items[0]["id"].(string)+"/approve", ""), 409, "duplicate")
	})
}

// TestARefusalStopsNoOther: a page of decisions names the refused ones and decides all
// others, wherever the refused stand: those that are seen at once, and those of the ledger.
func TestARefusalStopsNoOther(t *testing.T) {
	orders := []string{"a", "b", "c", "d"} // the newest, d, is decided first
	for n, order := range orders {
		each(t, func(s *server) {
			v := visit{At: noon}
			post := func(order string, currency string) journal.Entry {
				return v.Postback(noon.Add(time.Duration(order[0])*time.Second), ledgertest.Order(order), func(p *journal.Postback) { p.Currency = currency })
			}
			s.Write(v.Click())
			for _, o := range orders {
				s.Write(post(o, "EUR"))
			}
			s.Write(post(order, ""))
			var out struct {
				page
				Refused map[string]string
			}
			s.post("/conversions/approve?offer=shoes&status=rejected", "", &out)
			place := len(orders) - 1 - n
			if len(out.Items) != 4 || len(out.Refused) != 1 || out.Refused[out.Items[place]["id"].(string)] != "duplicate" || len(slices.DeleteFunc(out.column("status"), func(s string) bool { return s != "approved" })) != 3 {
				t.Errorf("%s is refused: %+v", order, out)
			}
			s.post("/conversions/release?offer=shoes&status=approved,rejected", "", &out)
			if len(out.Items) != 5 || len(out.Refused) != 5 || out.Refused[out.Items[4]["id"].(string)] != "not_on_hold" {
				t.Errorf("released: %+v", out)
			}
		})
	}
}

// TestARefusalAtOnceStopsNoOther is that of what is refused without a question to the ledger.
func TestARefusalAtOnceStopsNoOther(t *testing.T) {
	for n := range 3 {
		each(t, func(s *server) {
			v := visit{At: time.Now().Add(-time.Minute)}
			s.Write(v.Click())
			for i := range 3 {
				state := snapshot.StatusHold
				if i == n {
					state = snapshot.StatusPending
				}
				s.Write(v.Postback(v.At.Add(time.Duration(i+1)*time.Second), ledgertest.Order(string(rune('a'+i))), ledgertest.Status(state)))
			}
			var out struct {
				page
				Refused map[string]string
			}
			s.post("/conversions/release?status=hold,pending", "", &out)
			if len(out.Items) != 3 || len(out.Refused) != 1 || out.Refused[out.Items[2-n]["id"].(string)] != "not_on_hold" || len(slices.DeleteFunc(out.column("status"), func(s string) bool { return s != "approved" })) != 2 {
				t.Errorf("the %dth is refused: %+v", n, out)
			}
		})
	}
}

// TestRepeatedDecisions: a decision sent again changes nothing and has the same answer;
// only a release ends a hold.
func TestRepeatedDecisions(t *testing.T) {
	each(t, func(s *server) {
		v := visit{At: time.Now().Add(-time.Minute)}
		s.Write(v.Click(), v.Postback(v.At.Add(time.Second), ledgertest.Status(snapshot.StatusPending), func(p *journal.Postback) { p.Terms.Offer.HoldHours = 72 }))
		var list page
		s.get("/conversions", &list)
		path := "/conversions/" + list.Items[0]["id"].(string)
		s.refused(s.request("POST", path+"/release", ""), 409, "not_on_hold")
		for _, act := range []struct {
			path, status string
			history      int
		}{
			{"/approve", "hold", 2}, {"/approve", "hold", 2}, {"/approve?status=pending", "hold", 2},
			{"/release", "approved", 3}, {"/release?status=hold", "approved", 3}, {"/approve", "approved", 3},
			{"/reject", "rejected", 4}, {"/reject?status=pending", "rejected", 4},
		} {
			var c object
			s.post(path+act.path, "", &c)
			if c["status"] != act.status || len(c["history"].([]any)) != act.history {
				t.Errorf("%s: %v after %d changes, want %s after %d", act.path, c["status"], len(c["history"].([]any)), act.status, act.history)
			}
		}
		s.refused(s.request("POST", path+"/approve?status=pending", ""), 409, "status_changed")
		s.refused(s.request("POST", path+"/release", ""), 409, "not_on_hold")
	})
}

// TestNotesAreInternal: what a moderator writes reaches no partner, by no field and no
// filter; what is written for the partner does.
func TestNotesAreInternal(t *testing.T) {
	each(t, func(s *server) {
		v := visit{At: noon}
		s.Write(v.Click(), v.Postback(noon.Add(time.Second), ledgertest.Order("a")), v.Postback(noon.Add(2*time.Second), ledgertest.Order("b")),
			v.Postback(noon.Add(3*time.Second), ledgertest.Order("c"), ledgertest.Status(snapshot.StatusPending)), v.Postback(noon.Add(4*time.Second), ledgertest.Order("d"), ledgertest.Status(snapshot.StatusRejected)))
		var list page
		s.get("/conversions", &list)
		id := func(n int) string { return list.Items[n]["id"].(string) }
		var c object
		s.post("/conversions/"+id(1)+"/approve", `{"note":"hush"}`, &c)
		s.post("/conversions/"+id(2)+"/reject", `{"note":"hush","partnerReason":"returned"}`, &c)
		if h := c["history"].([]any)[1].(object); c["reason"] != "hush" || h["reason"] != "hush" || h["partnerReason"] != "returned" {
			t.Errorf("a moderator reads %+v", c)
		}
		s.post("/conversions/"+id(3)+"/reject", `{"reason":"hush"}`, &c)
		s.refused(s.request("POST", "/conversions/"+id(3)+"/reject", `{"reason":"a","note":"b"}`), 400, "bad_body")

		as := func(path string) *http.Request {
			r := s.request("GET", path, "")
			r.Header.Set("Authorization", "Bearer partner")
			return r
		}
		for _, path := range []string{"/conversions?partner=blog", "/conversions/" + id(2) + "?partner=blog", "/clicks/" + v.ClickID() + "?partner=blog"} {
			if _, _, data := s.call(as(path)); bytes.Contains(data, []byte("hush")) || bytes.Contains(data, []byte("partnerReason")) {
				t.Errorf("%s shows a note: %s", path, data)
			}
		}
		s.decode(as("/conversions?partner=blog"), &list)
		if got := list.column("reason"); !slices.Equal(got, []string{"", "rejected_by_advertiser", "rejected_by_moderator", "returned"}) {
			t.Errorf("a partner reads the reasons %q", got)
		}
		for reason, want := range map[string]int{"hush": 0, "rejected_by_moderator": 2, "rejected_by_advertiser": 1} {
			s.decode(as("/conversions?partner=blog&reason="+reason), &list)
			if len(list.Items) != want {
				t.Errorf("a partner finds %d with reason %s, want %d", len(list.Items), reason, want)
			}
		}
	})
}

func TestModerationInBulk(t *testing.T) {
	each(t, func(s *server) {
		v := visit{At: noon}
		entries := []journal.Entry{v.Click()}
		for i := range 30 {
			status := []snapshot.ConversionStatus{snapshot.StatusPending, snapshot.StatusHold, snapshot.StatusApproved}[i%3]
			entries = append(entries, v.Postback(noon.Add(time.Duration(i)*time.Second), ledgertest.Order(fmt.Sprint(i)), ledgertest.Status(status)))
		}
		s.Write(entries...)
		s.refused(s.request("POST", "/conversions/approve", ""), 400, "filter_required")
		for _, act := range []string{"approve", "reject", "release"} {
			for _, none := range []string{"limit=5&cursor=01ARYZ6S41TSV4RRFFQ69G5FAV", "network=net", "network=net&dryRun=1", "status=approved", "status=pending,rejected&network=net"} {
				s.refused(s.request("POST", "/conversions/"+act+"?"+none, ""), 400, "filter_required")
			}
			for _, empty := range []string{"offer=", "offer=&network=net", "status=&offer=shoes", "dryRun=&offer=shoes"} {
				s.refused(s.request("POST", "/conversions/"+act+"?"+empty, ""), 400, "bad_parameter")
			}
		}
		var out struct {
			page
			Refused map[string]string
			DryRun  bool
		}
		s.post("/conversions/approve?offer=shoes&dryRun=true", "", &out)
		if len(out.Items) != 10 || !out.DryRun || out.column("status")[0] != "pending" || out.column("status")[9] != "pending" {
			t.Fatalf("the dry run has %d items, statuses %v", len(out.Items), out.column("status"))
		}
		s.post("/conversions/approve?offer=shoes&limit=8", `{"note":"checked"}`, &out)
		if len(out.Items) != 8 || out.Next == "" || out.DryRun || slices.Contains(out.column("status"), "pending") {
			t.Fatalf("%d items, next %q, statuses %v", len(out.Items), out.Next, out.column("status"))
		}
		s.post("/conversions/approve?offer=shoes&limit=8&cursor="+out.Next, "", &out)
		if len(out.Items) != 2 || out.Next != "" || len(out.Refused) != 0 {
			t.Fatalf("%d items, next %q", len(out.Items), out.Next)
		}
		s.post("/conversions/release?offer=shoes", "", &out)
		if len(out.Items) != 10 || slices.Contains(out.column("status"), "hold") {
			t.Fatalf("%d released, statuses %v", len(out.Items), out.column("status"))
		}
		s.post("/conversions/reject?offer=hats", "", &out)
		if len(out.Items) != 0 {
			t.Errorf("%+v", out)
		}
		s.post("/conversions/reject?status=approved&from=2026-11-20T12:00:10Z", `{"reason":"returned"}`, &out)
		if len(out.Items) != 20 {
			t.Errorf("%d rejected", len(out.Items))
		}
		var all page
		s.get("/conversions?limit=1000&status=approved", &all)
		if len(all.Items) != 10 {
			t.Errorf("%d are approved in the end, want 10", len(all.Items))
		}
	})
}
