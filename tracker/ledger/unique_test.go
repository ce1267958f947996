package ledger

import (
	"strings"
	"testing"

	"github.com/waypost/waypost/tracker/journal"
	"github.com/waypost/waypost/tracker/ledger/store/storetest"
)

// TestUniqueClicks: a click is unique if it is the first of its address and user
// agent on an offer and partner in a UTC day, whatever day the network has.
func TestUniqueClicks(t *testing.T) {
	const midnight = 12 * 3600 // seconds from start
	agent := func(x *journal.Traffic) { x.UserAgent = "Firefox" }
	with := func(change func(*journal.Traffic)) []func(*journal.Traffic) {
		return []func(*journal.Traffic){agent, change}
	}
	same := with(func(*journal.Traffic) {})
	berlin := with(func(x *journal.Traffic) { x.Context.TimeZone = "Europe/Berlin" })
	for name, c := range map[string]struct {
		second int64 // of the second click
		change []func(*journal.Traffic)
		want   string
	}{
		"the same again":                   {1, same, "1"},
		"another address":                  {1, with(func(x *journal.Traffic) { x.IP = "192.0.2.2" }), "2"},
		"another agent":                    {1, with(func(x *journal.Traffic) { x.UserAgent = "Chrome" }), "2"},
		"address and agent cut elsewhere":  {1, with(func(x *journal.Traffic) { x.IP, x.UserAgent = "192.0.2.1F", "irefox" }), "2"},
		"another offer":                    {1, with(func(x *journal.Traffic) { x.Context.Offer = "hats" }), "2"},
		"another partner":                  {1, with(func(x *journal.Traffic) { x.Context.Partner = "mail" }), "2"},
		"other sub ids, source, country":   {1, with(func(x *journal.Traffic) { x.Subs[0], x.Source, x.Country = "b", "b", "DE" }), "1"},
		"late the same day":                {midnight - 1, same, "1"},
		"the next day":                     {midnight, same, "2"},
		"the next day of the network only": {midnight - 1800, berlin, "1"},
	} {
		t.Run(name, func(t *testing.T) {
			storetest.Each(t, func(t *testing.T, target string) {
				tp := newTape()
				o := newOffice(t, target, tp)
				tp.write(clickEntry(1, 0, agent))
				o.catchUp() // a group of its own
				tp.write(clickEntry(2, c.second, c.change...))
				o.catchUp()
				for _, query := range []string{
					"SELECT sum(uniq) AS u FROM clicks",
					"SELECT sum(unique_clicks) AS u FROM rollup_quarter",
					"SELECT sum(unique_clicks) AS u FROM rollup_day",
				} {
					if got := strings.Join(rowsOf(t, o.store.Reader(), query), ""); got != "u="+c.want+" " {
						t.Errorf("%s: %s, want %s", query, got, c.want)
					}
				}
			})
		})
	}
}
