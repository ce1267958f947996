package ledger

import (
	"context"
	"fmt"
	"testing"

	"github.com/waypost/waypost/api/money"
	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/tracker/journal"
	"github.com/waypost/waypost/tracker/ledger/store/storetest"
)

// TestFoulText: nothing that strangers send keeps a group from being written.
func TestFoulText(t *testing.T) {
	const foul = "a\x00b\xff\xfe\"\\'\u2028\r\n\x01}{"
	storetest.Each(t, func(t *testing.T, target string) {
		tp := newTape()
		o := newOffice(t, target, tp)
		c := clickEntry(1, 0, func(x *journal.Traffic) {
			x.Subs = [10]string{foul, "", foul}
			x.Source, x.Ref, x.ImpID, x.IP, x.UserAgent, x.Referrer, x.Country, x.Device, x.OS = foul, foul, foul, foul, foul, foul, foul, foul, foul
		})
		c.Click.AimpID = foul
		p := postEntry(1, 0, 5, order(foul), func(p *journal.Postback) {
			p.AimpID, p.GoalRaw, p.SourceIP = foul, foul, foul
			p.Extras = map[string]string{"comment": foul, "promo_code": foul}
			p.Params = []journal.Param{{Name: foul, Value: foul}, {Name: "x", Value: "1"}, {Name: "x", Value: "2"}}
			p.Terms.Offer.Title = foul
		}, fires(snapshot.PartnerPostback{Name: "p", URL: "https://p.example/?s={sub1}"}))
		refused := journal.Entry{Postback: &journal.Postback{At: 1, Network: "net", Reason: "bad_click_id", RawClickID: foul, HTTPStatus: 400}}
		tp.write(c, p, refused, journal.Entry{Click: &journal.Click{Traffic: journal.Traffic{ID: foul}}})
		m := moderation(entryID(tp.boot, 1, 1, micros(5)), 3, 9)
		m.Moderation.Actor, m.Moderation.Reason = foul, foul
		tp.write(m)
		o.catchUp()
		if got := o.verdicts("reply.1", 3); got != ", approved, refused bad_click_id, " {
			t.Errorf("verdicts %s", got)
		}
		if got := rowsOf(t, o.store.Reader(), "SELECT status, reason FROM conversions")[0]; got != "status=3 reason=a\uFFFDb\uFFFD\"\\'\u2028\r\n\x01}{ " {
			t.Errorf("conversion %q", got)
		}
		got := rowsOf(t, o.store.Reader(), "SELECT params FROM postbacks WHERE verdict = 'approved'")[0]
		if want := `params={"a\uFFFDb\uFFFD`; got[:9] != want[:9] {
			t.Errorf("params %s", got)
		}
		if again := rowsOf(t, o.store.Reader(), "SELECT * FROM clicks"); len(again) != 1 {
			t.Errorf("%d clicks; one without its context is passed over", len(again))
		}
	})
}

// TestSumsDoNotOverflow: a thousand conversions of the largest amount are more than
// an int64 holds.
func TestSumsDoNotOverflow(t *testing.T) {
	storetest.Each(t, func(t *testing.T, target string) {
		tp := newTape()
		o := newOffice(t, target, tp)
		huge := func(p *journal.Postback) { p.Terms.Pricing.Revenue.Own.Flat = money.Max }
		for batch := range 2 {
			entries := []journal.Entry{clickEntry(batch, 0)}
			for i := range 600 {
				entries = append(entries, postEntry(batch, 0, 5, multiple, order(fmt.Sprint(batch, "/", i)), huge))
			}
			tp.write(entries...)
			o.catchUp()
		}
		tp.write(postEntry(0, 0, 6, order("0/1"), status(3), func(p *journal.Postback) { p.KeyProven = true }))
		o.catchUp()
		for _, table := range []string{"rollup_quarter", "rollup_day"} {
			got := rowsOf(t, o.store.Reader(), "SELECT approved, rejected, approved_revenue > 9000000000000000000 AS much FROM "+table+" WHERE approved > 0")
			if got[0] != "approved=1199 rejected=1 much=1 " && got[0] != "approved=1199 rejected=1 much=true " {
				t.Errorf("%s: %v", table, got)
			}
		}
	})
}

// TestStrangeEntries: kinds of entries of a newer tracker, batches that do not
// decode, and postbacks without anything are passed over or refused.
func TestStrangeEntries(t *testing.T) {
	storetest.Each(t, func(t *testing.T, target string) {
		tp := newTape()
		o := newOffice(t, target, tp, func(o *Options) { o.Open = func(after, _ uint64) Reader { return spoiling{tp.open(after, 0)} } })
		tp.write(clickEntry(1, 0))
		tp.write(postEntry(1, 0, 5)) // malformed
		tp.write(journal.Entry{Postback: &journal.Postback{}}, postEntry(1, 0, 6))
		o.catchUp()
		if got := o.verdicts("reply.3", 2); got != "refused, approved, " {
			t.Errorf("verdicts %s", got)
		}
	})
}

// spoiling makes the second batch malformed and adds an entry of an unknown kind to
// the others, in place of what would be in front.
type spoiling struct{ Reader }

func (s spoiling) Read(ctx context.Context, most int) ([]*journal.Batch, error) {
	list, err := s.Reader.Read(ctx, most)
	for _, b := range list {
		if b.Position == 2 {
			*b = journal.Batch{Position: 2, Malformed: journal.ErrMalformed}
		}
		b.Entries = append(b.Entries, journal.Entry{})
	}
	return list, err
}
