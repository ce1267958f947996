package ledger

import (
	"testing"

	"github.com/waypost/waypost/tracker/journal"
	"github.com/waypost/waypost/tracker/ledger/store/storetest"
)

// TestParking goes through the ways in which a postback and its click's row can
// meet, or not. Each element of writes is a batch; with restart, the ledger is made
// anew after each of them.
func TestParking(t *testing.T) {
	viewThrough := func(p *journal.Postback) { p.ClickID, p.AimpID = "", impressionToken(1, 0) }
	refused := func(p *journal.Postback) { p.Reason = "bad_key" }
	test := func(p *journal.Postback) { p.Test = true }
	for name, c := range map[string]struct {
		writes [][]journal.Entry
		want   string // of the first postback: verdict, conversions with and without click data, HTTP status
	}{
		"the click came first":             {[][]journal.Entry{{clickEntry(1, 0)}, {postEntry(1, 0, 1)}}, "approved with=1 without=0 http=200"},
		"both in one batch":                {[][]journal.Entry{{clickEntry(1, 0), postEntry(1, 0, 1)}}, "approved with=1 without=0 http=200"},
		"the click comes after it":         {[][]journal.Entry{{postEntry(1, 0, 1)}, {clickEntry(1, 0)}}, "approved with=1 without=0 http=200"},
		"after it in one batch":            {[][]journal.Entry{{postEntry(1, 0, 1), clickEntry(1, 0)}}, "approved with=1 without=0 http=200"},
		"after the first tick":             {[][]journal.Entry{{postEntry(1, 0, 1)}, {tickEntry(2)}, {clickEntry(1, 0)}}, "approved with=1 without=0 http=200"},
		"not before a second tick":         {[][]journal.Entry{{postEntry(1, 0, 1)}, {tickEntry(100)}}, " with=0 without=0 http="},
		"a second has passed":              {[][]journal.Entry{{postEntry(1, 0, 1)}, {tickEntry(2)}, {tickEntry(3)}}, "approved with=0 without=1 http=202"},
		"by a clock that was ahead":        {[][]journal.Entry{{postEntry(1, 0, 1)}, {tickEntry(4000)}, {tickEntry(2)}, {tickEntry(3)}}, "approved with=0 without=1 http=202"},
		"less than a second has passed":    {[][]journal.Entry{{postEntry(1, 0, 1)}, {tickEntry(2)}, {tickEntry(2)}, {clickEntry(1, 0)}}, "approved with=1 without=0 http=200"},
		"the click is too old to wait for": {[][]journal.Entry{{postEntry(1, 0, 60)}}, "approved with=0 without=1 http=200"},
		"just young enough":                {[][]journal.Entry{{postEntry(1, 0, 59)}, {clickEntry(1, 0)}}, "approved with=1 without=0 http=200"},
		"behind one that waits":            {[][]journal.Entry{{postEntry(1, 0, 59), postEntry(1, 0, 60)}, {clickEntry(1, 0)}}, "approved with=1 without=0 http=200"},
		"an impression's":                  {[][]journal.Entry{{postEntry(1, 0, 5, viewThrough)}, {impressionEntry(1, 0)}}, "approved with=1 without=0 http=200"},
		"a click of that id is no impr.":   {[][]journal.Entry{{postEntry(1, 0, 5, viewThrough)}, {clickEntry(1, 0)}, {tickEntry(6)}, {tickEntry(7)}}, "approved with=0 without=1 http=202"},
		"refused ones do not wait":         {[][]journal.Entry{{postEntry(1, 0, 5, refused)}}, "refused bad_key with=0 without=0 http=200"},
		"tests wait too":                   {[][]journal.Entry{{postEntry(1, 0, 5, test)}, {clickEntry(1, 0)}}, "approved with=0 without=0 http=200"},
	} {
		t.Run(name, func(t *testing.T) {
			storetest.Each(t, func(t *testing.T, target string) {
				for _, restart := range []bool{false, true} {
					tp := newTape()
					o := newOffice(t, target, tp)
					resetFor(t, o.store)
					for _, w := range c.writes {
						tp.write(w...)
						if restart {
							o.catchUp()
						}
					}
					o.catchUp()
					got := o.told.verdict(firstPostback(c.writes))
					with := rowsOf(t, o.store.Reader(), "SELECT count(*) AS n FROM conversions WHERE click_missing = 0 AND country = 'NL'")[0]
					without := rowsOf(t, o.store.Reader(), "SELECT count(*) AS n FROM conversions WHERE click_missing = 1 AND country = ''")[0]
					http := ""
					if rows := rowsOf(t, o.store.Reader(), "SELECT http_status AS n FROM postbacks ORDER BY id"); len(rows) > 0 {
						http = rows[0][2 : len(rows[0])-1]
					}
					got += " with=" + with[2:len(with)-1] + " without=" + without[2:len(without)-1] + " http=" + http
					if got != c.want {
						t.Errorf("restart %v: %s, want %s", restart, got, c.want)
					}
					resetFor(t, o.store)
				}
			})
		})
	}
}

func firstPostback(writes [][]journal.Entry) (reply string, entry int) {
	for i, w := range writes {
		for j, x := range w {
			if x.Postback != nil {
				return "reply." + string(rune('1'+i)), j
			}
		}
	}
	return "", 0
}

// TestParkedInOrder: what waited is judged in the order in which it came.
func TestParkedInOrder(t *testing.T) {
	storetest.Each(t, func(t *testing.T, target string) {
		tp := newTape()
		o := newOffice(t, target, tp)
		tp.write(postEntry(1, 0, 1, manual))
		o.catchUp()
		tp.write(postEntry(1, 0, 2, status(1)), postEntry(1, 0, 3, status(1)))
		o.catchUp()
		tp.write(clickEntry(1, 0))
		o.catchUp()
		for i, want := range []string{"pending", "approved", "refused status_final"} {
			reply, entry := "reply.2", i-1
			if i == 0 {
				reply, entry = "reply.1", 0
			}
			if got := o.told.verdict(reply, entry); got != want {
				t.Errorf("postback %d: %q, want %q", i, got, want)
			}
		}
		if left := rowsOf(t, o.store.Reader(), "SELECT * FROM parked"); len(left) > 0 {
			t.Errorf("still parked: %v", left)
		}
	})
}
