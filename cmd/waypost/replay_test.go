package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/waypost/waypost/api/money"
	"github.com/waypost/waypost/tracker/journal"
	"github.com/waypost/waypost/tracker/ledger/query"
)

// replayManifests are the other configuration; %GOALS% and %MORE% are special about it.
const replayManifests = `
apiVersion: waypost.dev/v1alpha1
kind: Advertiser
metadata: {name: acme}
spec: {title: Acme}
---
apiVersion: waypost.dev/v1alpha1
kind: Partner
metadata: {name: blog}
spec: {title: Blog}
---
apiVersion: waypost.dev/v1alpha1
kind: PayoutStructure
metadata: {name: by-sub}
spec:
  rules:
  - {name: push, when: [{field: sub1, operator: Equals, values: [push]}], payout: {type: Flat, flat: "7"}}
---
apiVersion: waypost.dev/v1alpha1
kind: Offer
metadata: {name: shoes}
spec:
  title: Shoes
  advertiserRef: {name: acme}
  destinationURL: https://shop.example/
  goals: %GOALS%
  defaultGoal: {payout: {type: Flat, flat: "1"}, revenue: {type: Flat, flat: "2"}}
  %MORE%
---
apiVersion: waypost.dev/v1alpha1
kind: Goal
metadata: {name: purchase}
spec: {offerRef: {name: shoes}, value: "2", title: Purchase, payout: {structure: by-sub, type: Flat, flat: "5"}}
`

// past is what the ledger has recorded: a click a line, all goal "1" for 1.00 unless
// changed.
type past struct {
	conversions []query.Conversion
	postbacks   []query.Postback
	clicks      map[string]query.Click
}

func (p *past) add(id string, minute int, change func(l *query.Postback, c *query.Conversion)) {
	at := time.Date(2026, 11, 20, 12, minute, 0, 0, time.UTC)
	delay, revenue := int64(60), money.Amount(2_000_000)
	l := query.Postback{ID: id, Time: at, Verdict: "approved", Network: "default", Offer: "shoes", Partner: "blog", Goal: "1", ClickID: "click-" + id,
		Conversion: id, Currency: "USD", Via: query.ViaServer, DelaySeconds: &delay, Source: "203.0.113.1", Params: query.Params{{Name: "clickid", Value: "click-" + id}}}
	c := query.Conversion{ID: id, Time: at, Status: query.Approved, Network: "default", Offer: "shoes", Partner: "blog", Goal: "1", ClickID: l.ClickID,
		Payout: 1_000_000, Revenue: &revenue, Currency: "USD", Via: query.ViaServer, ClickDataMissing: true}
	change(&l, &c)
	p.postbacks = append(p.postbacks, l)
	if l.Conversion == id {
		p.conversions = append(p.conversions, c)
	}
}

// refuse makes a line one that recorded nothing.
func refuse(reason string, params ...string) func(*query.Postback, *query.Conversion) {
	return func(l *query.Postback, _ *query.Conversion) {
		l.Verdict, l.Reason, l.Conversion = "refused", reason, ""
		send(l, params...)
	}
}

// send adds parameters to those of a line.
func send(l *query.Postback, params ...string) {
	for i := 0; i < len(params); i += 2 {
		l.Params = append(l.Params, journal.Param{Name: params[i], Value: params[i+1]})
	}
}

// approvedByAnna makes a conversion pending that a moderator approves after an hour, and
// gives it the statuses that this came to.
func approvedByAnna(statuses ...query.Status) func(*query.Postback, *query.Conversion) {
	return func(l *query.Postback, c *query.Conversion) {
		send(l, "status", "pending")
		l.Verdict, c.Status = "pending", query.Pending
		c.History = []query.Change{{Time: c.Time, To: query.Pending, By: "postback"}}
		for i, status := range statuses {
			c.History = append(c.History, query.Change{Time: c.Time.Add(time.Duration(i+1) * time.Hour), From: c.Status, To: status, By: []string{"anna", "hold"}[i]})
			c.Status = status
			if status == query.Rejected {
				c.History[len(c.History)-1].By = "postback"
			}
		}
	}
}

// rejecting makes a line the advertiser's rejection of a conversion, minutes later.
func rejecting(conversion string, minutes int64, refused string) func(*query.Postback, *query.Conversion) {
	return func(l *query.Postback, _ *query.Conversion) {
		send(l, "status", "rejected")
		l.ClickID, *l.DelaySeconds, l.Conversion = "click-"+conversion, 60+60*minutes, conversion
		if l.Verdict, l.Reason = "rejected", "rejected_by_advertiser"; refused != "" {
			l.Verdict, l.Reason = "refused", refused
		}
	}
}

// ServeHTTP answers as the admin port would, newest first and a page an item.
func (p *past) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if id, ok := strings.CutPrefix(r.URL.Path, "/api/v1/clicks/"); ok {
		click, known := p.clicks[id]
		if !known {
			w.WriteHeader(http.StatusNotFound)
		}
		_ = json.NewEncoder(w).Encode(click) // the command says what it misses
		return
	}
	page := backwards(p.postbacks, r)
	if r.URL.Path == "/api/v1/conversions" {
		page = backwards(p.conversions, r)
	}
	_ = json.NewEncoder(w).Encode(page) // likewise
}

func backwards[T any](list []T, r *http.Request) map[string]any {
	cursor := r.URL.Query().Get("cursor")
	list = slices.Clone(list)
	slices.Reverse(list)
	if len(list) == 0 {
		return map[string]any{"items": list, "next": ""}
	}
	n := min(len(cursor), len(list)-1)
	next := ""
	if n+1 < len(list) {
		next = cursor + "x"
	}
	return map[string]any{"items": list[n : n+1], "next": next}
}

// replayedAs runs the command and returns its table without the head, with single spaces.
func replayedAs(t *testing.T, p *past, goals, more string) string {
	t.Helper()
	dir := t.TempDir()
	manifests := strings.NewReplacer("%GOALS%", goals, "%MORE%", more).Replace(replayManifests)
	if err := os.WriteFile(filepath.Join(dir, "all.yaml"), []byte(manifests), 0o600); err != nil {
		t.Fatal(err)
	}
	ledger := httptest.NewServer(p)
	defer ledger.Close()
	var out, problems bytes.Buffer
	cmd := newReplayCommand()
	cmd.SetArgs([]string{"--config", dir, "--server", ledger.URL, "--token", "x", "--since", "87600h"})
	cmd.SetOut(&out)
	cmd.SetErr(&problems)
	if err := cmd.ExecuteContext(t.Context()); err != nil {
		t.Fatalf("%v\n%s", err, problems.String())
	}
	_, rest, _ := strings.Cut(out.String(), "\n")
	lines := strings.Split(strings.TrimSpace(rest), "\n")
	for i := range lines {
		lines[i] = strings.Join(strings.Fields(lines[i]), " ")
	}
	return strings.Join(lines, "\n")
}

func asRecorded(*query.Postback, *query.Conversion) {}

func TestReplay(t *testing.T) {
	rejected := func(reason string) func(l *query.Postback, c *query.Conversion) {
		return func(l *query.Postback, c *query.Conversion) {
			l.Verdict, l.Reason, c.Status, c.Reason, c.Payout, *c.Revenue = "rejected", reason, query.Rejected, reason, 0, 0
		}
	}
	for name, tc := range map[string]struct {
		tell        func(p *past)
		goals, more string
		want        string
	}{
		"nothing changes": {func(p *past) { p.add("a", 0, asRecorded); p.add("b", 1, asRecorded) }, "Enabled", "",
			"default blog 2 2 0 2.00 2.00 4.00 4.00 USD"},
		"goals that were disabled are enabled": {func(p *past) {
			p.add("a", 0, refuse("goals_disabled", "goal", "2"))
			p.add("b", 1, refuse("goals_disabled", "goal", "2"))
			p.postbacks[1].ClickID, *p.postbacks[1].DelaySeconds = p.postbacks[0].ClickID, 120 // the same session again
		}, "Enabled", "",
			"default blog 0 1 1 0.00 5.00 0.00 0.00 USD\nnot replayed, 2: rules on the data of clicks that are gone (--retain): they did not match"},
		"a rule on the click of a refused one": {func(p *past) {
			p.add("a", 0, refuse("goals_disabled", "goal", "2"))
			p.clicks = map[string]query.Click{"click-a": {Subs: query.Subs{Sub1: "push"}}}
		}, "Enabled", "",
			"default blog 0 1 1 0.00 7.00 0.00 0.00 USD"},
		"goals are disabled": {func(p *past) {
			p.add("a", 0, asRecorded)
			p.add("b", 1, func(l *query.Postback, c *query.Conversion) { l.Goal, c.Goal = "2", "2"; send(l, "goal", "2") })
		}, "Disabled", "",
			"default blog 2 1 1 2.00 1.00 4.00 2.00 USD"},
		"an unknown goal is known": {func(p *past) {
			p.add("a", 0, func(l *query.Postback, c *query.Conversion) {
				rejected("unknown_goal")(l, c)
				l.Goal, c.Goal = "", ""
				send(l, "goal_name", "purchase")
			})
		}, "Enabled", "",
			"default blog 0 1 1 0.00 5.00 0.00 0.00 USD\nnot replayed, 1: rules on the data of clicks that are gone (--retain): they did not match"},
		"a cap is gone": {func(p *past) { p.add("a", 0, rejected("cap_reached")) }, "Enabled", "",
			"default blog 0 1 1 0.00 1.00 0.00 2.00 USD"},
		"a cap is new": {func(p *past) { p.add("a", 0, asRecorded); p.add("b", 1, asRecorded); p.add("c", 2, asRecorded) }, "Enabled",
			`caps: [{name: two, metric: Conversions, window: Day, limit: "2"}]`,
			"default blog 3 2 1 3.00 2.00 6.00 4.00 USD\ncaps were counted from --since on, as if nothing had used them before"},
		"too late by now": {func(p *past) {
			p.add("a", 0, func(l *query.Postback, _ *query.Conversion) { *l.DelaySeconds = 2 * 3600 })
		}, "Enabled", "attribution: {clickLookbackHours: 1}",
			"default blog 1 0 1 1.00 0.00 2.00 0.00 USD"},
		"in time by less than a second": {func(p *past) {
			p.add("a", 0, func(l *query.Postback, _ *query.Conversion) {
				l.Time, *l.DelaySeconds = l.Time.Add(500*time.Millisecond), 3600
			})
			p.clicks = map[string]query.Click{"click-a": {Time: p.postbacks[0].Time.Add(-time.Hour + 200*time.Millisecond)}}
		}, "Enabled", "attribution: {clickLookbackHours: 1}",
			"default blog 1 1 0 1.00 1.00 2.00 2.00 USD"},
		"too late by less than a second": {func(p *past) {
			p.add("a", 0, func(l *query.Postback, _ *query.Conversion) {
				l.Time, *l.DelaySeconds = l.Time.Add(500*time.Millisecond), 3600
			})
			p.clicks = map[string]query.Click{"click-a": {Time: p.postbacks[0].Time.Add(-time.Hour - 100*time.Millisecond)}}
		}, "Enabled", "attribution: {clickLookbackHours: 1}",
			"default blog 1 0 1 1.00 0.00 2.00 0.00 USD"},
		"the offer is gone": {func(p *past) {
			p.add("a", 0, func(l *query.Postback, c *query.Conversion) { l.Offer, c.Offer = "hats", "hats" })
		}, "Enabled", "",
			"default blog 1 1 0 1.00 1.00 2.00 2.00 USD\nnot replayed, 1: postbacks of offers or partners that the manifests lack, left as they were"},
		"a key cannot be proved again": {func(p *past) { p.add("a", 0, asRecorded); p.add("b", 1, refuse("bad_key")) }, "Enabled", "",
			"default blog 1 1 0 1.00 1.00 2.00 2.00 USD\nnot replayed, 1: postbacks refused for their key, still refused since keys are not kept"},
		"a retry of a conversion of before": {func(p *past) {
			p.add("a", 0, asRecorded)
			p.add("b", 1, func(l *query.Postback, _ *query.Conversion) {
				l.Verdict, l.Reason, l.Conversion = "refused", "duplicate", "older"
			})
		}, "Enabled", "",
			"default blog 1 1 0 1.00 1.00 2.00 2.00 USD\nnot replayed, 1: postbacks on conversions or sessions of before --since, left as they were"},
		"of two spellings the first counts": {func(p *past) {
			p.add("a", 0, func(l *query.Postback, _ *query.Conversion) {
				send(l, "goal", "1", "Goal", "2", "sum", "100", "Amount", "9,5", "txid", "A1", "ORDER_ID", "[ID]")
			})
			p.add("b", 1, refuse("unknown_goal", "goal", "9", "Goal", "1"))
		}, "Enabled", "",
			"default blog 1 1 0 1.00 1.00 2.00 2.00 USD"},
		"no line is left": {func(p *past) { p.add("a", 0, asRecorded); p.postbacks = nil }, "Enabled", "",
			"default blog 1 1 0 1.00 1.00 2.00 2.00 USD\nnot replayed, 1: conversions whose postback is not in the log any more (--retain), left as they were"},
		"a moderator rejected it": {func(p *past) {
			p.add("a", 0, func(l *query.Postback, c *query.Conversion) {
				c.Status, c.Reason = query.Rejected, "fraud"
				c.History = []query.Change{{Time: c.Time, To: query.Approved, By: "postback"}, {Time: c.Time.Add(time.Hour), From: query.Approved, To: query.Rejected, By: "anna", Reason: "fraud"}}
			})
			p.add("b", 1, asRecorded)
		}, "Enabled", "",
			"default blog 1 1 0 1.00 1.00 2.00 2.00 USD"},
		"an approval ended in hold, and a rejection came in time": {func(p *past) {
			p.add("a", 0, approvedByAnna(query.Hold, query.Rejected))
			p.add("b", 90, rejecting("a", 90, ""))
			p.add("c", 91, asRecorded)
		}, "Enabled", "hold: {hours: 2}",
			"default blog 1 1 0 1.00 1.00 2.00 2.00 USD"},
		"an approval ended in hold, and a rejection came after it": {func(p *past) {
			p.add("a", 0, approvedByAnna(query.Hold, query.Approved))
			p.add("b", 300, rejecting("a", 300, "status_final"))
		}, "Enabled", "hold: {hours: 2}",
			"default blog 1 1 0 1.00 1.00 2.00 2.00 USD"},
		"an approval ended in hold, and there is no hold now": {func(p *past) {
			p.add("a", 0, approvedByAnna(query.Hold, query.Rejected))
			p.add("b", 90, rejecting("a", 90, ""))
		}, "Enabled", "",
			"default blog 0 1 1 0.00 1.00 0.00 2.00 USD"},
		"malformed and tests stay out": {func(p *past) {
			p.add("a", 0, refuse("bad_amount", "amount", "1,5"))
			p.add("b", 1, func(l *query.Postback, _ *query.Conversion) { l.Test, l.Conversion = true, "" })
			p.add("c", 2, asRecorded)
		}, "Enabled", "",
			"default blog 1 1 0 1.00 1.00 2.00 2.00 USD"},
	} {
		t.Run(name, func(t *testing.T) {
			p := &past{}
			tc.tell(p)
			if got := replayedAs(t, p, tc.goals, tc.more); got != tc.want {
				t.Errorf("got\n%s\nwant\n%s", got, tc.want)
			}
		})
	}
}
