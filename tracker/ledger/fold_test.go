package ledger

import (
	"strings"
	"testing"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/tracker/journal"
	"github.com/waypost/waypost/tracker/ledger/store/storetest"
)

// TestFold follows one click and one impression through all tables.
func TestFold(t *testing.T) {
	storetest.Each(t, func(t *testing.T, target string) {
		tp := newTape()
		o := newOffice(t, target, tp)
		fire := func(p *journal.Postback) {
			p.Terms.Partner.Postbacks = []snapshot.PartnerPostback{{Name: "all", URL: "https://p.example/?s={sub1}&i={ip}&sum={payout}"}}
		}
		earn := func(x *journal.Traffic) { x.Context.Payout, x.Context.Revenue = 50_000, 80_001 }
		imp := impressionEntry(1, 3, func(x *journal.Traffic) { x.Context.Payout, x.Context.Revenue = 1_200_001, 2_000_000 })
		imp.Impression.DestinationName, imp.Impression.DestinationURL = "main", "https://adv.example/?i=1"
		tp.write(clickEntry(1, 0, earn), clickEntry(2, 1, earn, func(x *journal.Traffic) { x.UserAgent = clickToken(1, 0) }), imp)
		tp.write(postEntry(1, 0, 20, amount(10_000_000), fire), postEntry(1, 0, 21, fire))
		o.catchUp()

		if got := o.told.verdict("reply.2", 0); got != "approved" {
			t.Errorf("first postback: %s", got)
		}
		if got := o.told.verdict("reply.2", 1); got != "refused duplicate" {
			t.Errorf("second postback: %s", got)
		}
		for query, want := range map[string]string{
			"SELECT count(*) AS n, sum(uniq) AS u FROM clicks": "n=2 u=1 ",
			"SELECT count(*) AS n FROM impressions":            "n=1 ",
			"SELECT clicks, unique_clicks, impressions, click_payout, click_revenue, imp_payout_nano FROM rollup_day WHERE clicks > 0": "clicks=2 unique_clicks=1 impressions=1 click_payout=100000 click_revenue=160002 imp_payout_nano=1200001 ",
			"SELECT approved, approved_payout, approved_revenue FROM rollup_quarter WHERE approved > 0":                                "approved=1 approved_payout=1000000 approved_revenue=3000000 ",
			"SELECT status, reason, payout, revenue, amount, payout_rule, country FROM conversions":                                    "status=1 reason= payout=1000000 revenue=3000000 amount=10000000 payout_rule=goal country=NL ",
			"SELECT verdict, reason, http_status, delay_seconds FROM postbacks WHERE verdict = 'refused'":                              "verdict=refused reason=duplicate http_status=200 delay_seconds=21 ",
			"SELECT kind, name, status, state, url, needs_click FROM deliveries WHERE kind = 'postback'":                               "kind=postback name=all status=approved state=waiting url=https://p.example/?s={sub1}&i={ip}&sum={payout} needs_click=0 ",
			"SELECT kind, name, url FROM deliveries WHERE kind = 'impression'":                                                         "kind=impression name=main url=https://adv.example/?i=1 ",
			"SELECT title, slug FROM goals": "title=Purchase slug=purchase ",
		} {
			if got := strings.Join(rowsOf(t, o.store.Reader(), query), "\n"); got != want {
				t.Errorf("%s:\n got %s\nwant %s", query, got, want)
			}
		}
		macros := rowsOf(t, o.store.Reader(), "SELECT macros FROM deliveries WHERE kind = 'postback'")[0]
		for _, part := range []string{`"sub1":"s-` + clickToken(1, 0) + `"`, `"ip":"192.0.2.1"`, `"payout":"1.00"`, `"goal_name":"purchase"`, `"amount":"10.00"`} {
			if !strings.Contains(macros, part) {
				t.Errorf("macros %s lack %s", macros, part)
			}
		}
	})
}
