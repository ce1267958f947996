package store_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"sync"
	"testing"

	"github.com/waypost/waypost/api/money"
	"github.com/waypost/waypost/tracker/journal"
	"github.com/waypost/waypost/tracker/ledger/fold"
	"github.com/waypost/waypost/tracker/ledger/judge"
	"github.com/waypost/waypost/tracker/ledger/store"
	"github.com/waypost/waypost/tracker/ledger/store/storetest"
)

func rows(t *testing.T, s *store.Store, query string, args ...any) int {
	t.Helper()
	var n int
	if err := s.Reader().QueryRowContext(t.Context(), s.Rebind(query), args...).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestVisitIDs(t *testing.T) {
	token := strings.Repeat("A", 0) + "UWb_2MAAAAAAAAAAAQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	for _, id := range []string{token, "", "x", token[:49], token + "A", "!" + token[1:], strings.Repeat("A", 50), token[:49] + "B", "\x00", strings.Repeat("a", 36)} {
		if got := store.VisitText(store.VisitID(id)); got != id {
			t.Errorf("%q comes back as %q", id, got)
		}
	}
	if n := len(store.VisitID(token)); n != 37 {
		t.Errorf("a click id takes %d bytes", n)
	}
}

// TestManyRows writes and finds more rows than one statement holds, of every size
// around the chunks.
func TestManyRows(t *testing.T) {
	storetest.Each(t, func(t *testing.T, target string) {
		ctx := t.Context()
		s := open(t, target)
		total := 0
		for _, n := range []int{0, 1, 7, 8, 9, 63, 64, 65, 500} {
			var visits []store.Visit
			var refs []store.VisitRef
			for i := range n {
				id := fmt.Sprintf("%d/%d", n, i)
				visits = append(visits, store.Visit{Day: int64(20_000 + i%3), ID: id, Cell: 1, Visit: judge.Visit{At: int64(i), Country: id, Subs: [10]string{"", id}}})
				refs = append(refs, store.VisitRef{ID: id, Day: int64(20_000 + i%3)}, store.VisitRef{ID: id, Day: 1})
			}
			update(t, s, func(tx *store.Tx) error { return tx.Visits.AddClicks(ctx, visits) })
			update(t, s, func(tx *store.Tx) error { return tx.Visits.AddImpressions(ctx, visits) })
			update(t, s, func(tx *store.Tx) error {
				for _, find := range []func(context.Context, []store.VisitRef) (map[string]*judge.Visit, error){tx.Visits.Clicks, tx.Visits.Impressions} {
					found, err := find(ctx, refs)
					if err != nil || len(found) != n {
						t.Errorf("found %d of %d visits, %v", len(found), n, err)
					}
					for id, v := range found {
						if v.Country != id || v.Subs[1] != id {
							t.Errorf("%s: %+v", id, v)
						}
					}
				}
				return nil
			})
			total += n
		}
		if n := rows(t, s, "SELECT count(*) FROM clicks"); n != total {
			t.Errorf("%d clicks of %d", n, total)
		}
		update(t, s, func(tx *store.Tx) error { return tx.Visits.Drop(ctx, 20_002, 20_002) })
		if n := rows(t, s, "SELECT count(*) FROM clicks WHERE day < ?", 20_002); n != 0 {
			t.Errorf("%d clicks left of dropped days", n)
		}
		if n := rows(t, s, "SELECT count(*) FROM clicks"); n == 0 {
			t.Error("all days were dropped")
		}
		update(t, s, func(tx *store.Tx) error {
			return tx.Visits.AddClicks(ctx, []store.Visit{{Day: 20_000, ID: "late"}, {Day: -5, ID: "early"}})
		})
	})
}

// TestRollupsAdd adds up, in few and in many rows, and stops at the ends of int64.
func TestRollupsAdd(t *testing.T) {
	storetest.Each(t, func(t *testing.T, target string) {
		ctx := t.Context()
		s := open(t, target)
		for _, n := range []int64{3, 100} {
			var list []store.Rollup
			for cell := range n {
				list = append(list, store.Rollup{Bucket: 7, Cell: cell, Measures: store.Measures{Clicks: 1, Count: [4]int64{1, -1}, Payout: [4]int64{math.MaxInt64 - 10, math.MinInt64 + 10}}})
			}
			for range 2 {
				update(t, s, func(tx *store.Tx) error { return tx.Rollups.Add(ctx, store.Days, list) })
			}
		}
		if n := rows(t, s, "SELECT count(*) FROM rollup_day WHERE cell < 3 AND clicks = 4 AND approved = 4 AND pending = -4 AND approved_payout > 9223372036854775800 AND pending_payout < -9223372036854775800"); n != 3 {
			t.Errorf("%d cells hold what was added four times", n)
		}
		if n := rows(t, s, "SELECT count(*) FROM rollup_day WHERE cell >= 3 AND clicks = 2"); n != 97 {
			t.Errorf("%d cells hold what was added twice", n)
		}
		// Rows of clicks alone are written by themselves: new ones, and onto others.
		var clicks []store.Rollup
		for cell := range int64(200) {
			clicks = append(clicks, store.Rollup{Bucket: 7, Cell: 90 + cell, Measures: store.Measures{Clicks: 2, UniqueClicks: 1, ClickPayout: math.MaxInt64 - 5, ClickRevenue: -3}})
		}
		for range 2 {
			update(t, s, func(tx *store.Tx) error { return tx.Rollups.Add(ctx, store.Days, clicks) })
		}
		if n := rows(t, s, "SELECT count(*) FROM rollup_day WHERE cell >= 100 AND clicks = 4 AND unique_clicks = 2 AND click_payout = 9223372036854775807 AND click_revenue = -6 AND goal_clicks + impressions + imp_payout_nano + approved + rejected_revenue = 0"); n != 190 {
			t.Errorf("%d cells hold the clicks that were added twice", n)
		}
		if n := rows(t, s, "SELECT count(*) FROM rollup_day WHERE cell >= 90 AND cell < 100 AND clicks = 6 AND unique_clicks = 2 AND click_revenue = -6 AND approved = 2 AND approved_payout > 9223372036854775800"); n != 10 {
			t.Errorf("%d cells hold clicks beside what they had", n)
		}
		update(t, s, func(tx *store.Tx) error {
			got, err := tx.Rollups.Counted(ctx, store.Days, "clicks", []int64{1, 2, 50, 999}, 7, 8)
			if got != 10 || err != nil {
				t.Errorf("counted %d, %v", got, err)
			}
			if got, err := tx.Rollups.Counted(ctx, store.Days, "clicks", []int64{1}, 8, 9); got != 0 || err != nil {
				t.Errorf("counted %d in another bucket, %v", got, err)
			}
			if _, err := tx.Rollups.Counted(ctx, store.Days, "evil; --", []int64{1}, 8, 9); err == nil {
				t.Error("an unknown metric is counted")
			}
			return nil
		})
	})
}

// TestKeysAreUnique: the database itself refuses a second conversion with a key,
// and lets keys move between conversions that change together.
func TestKeysAreUnique(t *testing.T) {
	storetest.Each(t, func(t *testing.T, target string) {
		ctx := t.Context()
		s := open(t, target)
		of := func(id string, order, session byte) store.Conversion {
			c := &judge.Conversion{ID: id, Status: 1}
			if order != 0 {
				c.OrderKey = judge.Key{order}
			}
			if session != 0 {
				c.SessionKey = judge.Key{session}
			}
			return store.Conversion{Cell: 1, Conversion: c}
		}
		update(t, s, func(tx *store.Tx) error {
			return tx.Conversions.Add(ctx, []store.Conversion{of("a", 1, 1), of("b", 2, 2), of("c", 0, 0), of("d", 0, 0)})
		})
		for _, c := range []store.Conversion{of("e", 1, 9), of("f", 9, 2), of("a", 7, 7)} {
			if err := s.Update(ctx, func(tx *store.Tx) error { return tx.Conversions.Add(ctx, []store.Conversion{c}) }); err == nil {
				t.Errorf("conversion %s was added beside one with its key", c.ID)
			}
		}
		update(t, s, func(tx *store.Tx) error {
			a, b := of("a", 2, 0), of("b", 1, 1)
			a.Freed, b.Freed = true, true
			if err := tx.Conversions.Change(ctx, []store.Conversion{a, b}); err != nil {
				return err
			}
			return tx.Conversions.Add(ctx, []store.Conversion{of("g", 0, 2)})
		})
	})
}

// TestSmallTables writes each of them twice and reads it back.
func TestSmallTables(t *testing.T) {
	storetest.Each(t, func(t *testing.T, target string) {
		ctx := t.Context()
		s := open(t, target)
		boot := store.Boot{ID: [16]byte{1}, Writer: "t", Sequence: 1 << 40}
		counter := fold.Counter{CounterKey: fold.CounterKey{Network: "n", Offer: "o", Cap: "c", Definition: "d", Partner: "p", Starts: 1}, Ends: 9, Used: 3}
		parked := store.Parked{ID: "1", Session: "s", Place: 1 << 50, Boot: [16]byte{2}, Sequence: 7, Entry: 3, Reply: "r", Terms: judge.Key{4}, Postback: []byte{0, 255}}
		for range 2 {
			update(t, s, func(tx *store.Tx) error {
				for _, err := range []error{
					tx.Progress.PutBoots(ctx, []store.Boot{boot}),
					tx.Dimensions.PutGoals(ctx, []store.Goal{{Network: "n", Offer: "o", Goal: "2", Title: "T\x00"}}),
					tx.Dimensions.PutZones(ctx, []store.Zone{{Network: "n", Since: 5, Zone: "UTC"}}),
					tx.Conversions.PutTerms(ctx, map[judge.Key][]byte{{1}: {9}}),
					tx.Sessions.PutRepeats(ctx, []store.Repeat{{Key: judge.Key{2}, At: 5}}),
					tx.Sessions.Close(ctx, []store.Session{{ID: "s", ClosedAt: 1, ClosedBy: "c"}}),
					tx.Caps.Put(ctx, []fold.Counter{counter}),
					tx.Postbacks.Park(ctx, []store.Parked{parked}),
					tx.Deliveries.Add(ctx, []store.Delivery{{ID: "d", URL: "https://x.example/", Macros: map[string]string{"sub1": "a", "b": "\""}}}),
				} {
					if err != nil {
						return err
					}
				}
				return nil
			})
			boot.Sequence++
			counter.Used++
		}
		update(t, s, func(tx *store.Tx) error {
			sequences, err1 := tx.Progress.Sequences(ctx, [][16]byte{{1}, {9}})
			counters, err2 := tx.Caps.List(ctx)
			list, err3 := tx.Postbacks.Parked(ctx)
			closed, err4 := tx.Sessions.Closed(ctx, []any{"s", "t"})
			repeats, err5 := tx.Sessions.Repeats(ctx, []any{store.KeyOf(judge.Key{2}), store.KeyOf(judge.Key{3})})
			terms, err6 := tx.Conversions.Terms(ctx, []any{store.KeyOf(judge.Key{1})})
			got := fmt.Sprint(sequences[[16]byte{1}], len(sequences), counters, closed, repeats[judge.Key{2}], len(repeats), len(terms[judge.Key{1}]),
				fmt.Sprintf("%+v", list), err1, err2, err3, err4, err5, err6)
			want := fmt.Sprint(uint64(1<<40+1), 1, []fold.Counter{{CounterKey: fold.CounterKey{Network: "n", Offer: "o", Cap: "c", Definition: "d", Partner: "p", Starts: 1}, Ends: 9, Used: 4}},
				map[string]bool{"s": true}, int64(5), 1, 1, fmt.Sprintf("%+v", []store.Parked{parked}), error(nil), error(nil), error(nil), error(nil), error(nil), error(nil))
			if got != want {
				t.Errorf("read back\n%s, want\n%s", got, want)
			}
			return tx.Caps.Drop(ctx, 10)
		})
		if n := rows(t, s, "SELECT count(*) FROM caps") + rows(t, s, "SELECT count(*) FROM sessions WHERE id = ?", "t"); n != 0 {
			t.Errorf("%d rows that should be gone", n)
		}
		var macros string
		if err := s.Reader().QueryRowContext(ctx, "SELECT macros FROM deliveries").Scan(&macros); err != nil {
			t.Fatal(err)
		}
		if m, err := parseMacros(macros); err != nil || m["sub1"] != "a" || m["b"] != "\"" {
			t.Errorf("macros %v, %v", m, err)
		}
	})
}

func parseMacros(text string) (m map[string]string, err error) {
	return m, json.Unmarshal([]byte(text), &m)
}

// TestAnswers finds what was answered, by id.
func TestAnswers(t *testing.T) {
	storetest.Each(t, func(t *testing.T, target string) {
		ctx := t.Context()
		s := open(t, target)
		v := journal.Verdict{Verdict: "approved", Conversion: "x", Goal: "2", Payout: money.Max, Revenue: 7, Currency: "USD", Config: "c", Known: true}
		update(t, s, func(tx *store.Tx) error {
			return tx.Postbacks.Add(ctx, []store.Postback{{ID: "x", Postback: &journal.Postback{SessionAt: 5, At: 7_999_999}, Verdict: v}})
		})
		update(t, s, func(tx *store.Tx) error {
			found, err := tx.Postbacks.Answers(ctx, []string{"x", "y"})
			if len(found) != 1 || found["x"] != v {
				t.Errorf("answers %+v", found)
			}
			return err
		})
		if n := rows(t, s, "SELECT delay_seconds FROM postbacks"); n != 2 {
			t.Errorf("delay %d s", n)
		}
	})
}

// TestOpenTogether: ledgers that start at the same time make the tables once.
func TestOpenTogether(t *testing.T) {
	storetest.Each(t, func(t *testing.T, target string) {
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				s, err := store.Open(t.Context(), target)
				if err != nil {
					t.Error(err)
					return
				}
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
	})
}

func TestOpenSaysWhatIsWrong(t *testing.T) {
	for target, want := range map[string]string{
		"postgres://user:secret@[broken": "the postgres:// URL is not valid",
		"/proc/nothing/ledger.db":        "ledger database",
	} {
		_, err := store.Open(t.Context(), target)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", target, err)
		}
	}
}

// TestUpdateTakesBack: an error or a panic of the caller leaves nothing behind, and
// the next one can write.
func TestUpdateTakesBack(t *testing.T) {
	storetest.Each(t, func(t *testing.T, target string) {
		s := open(t, target)
		insert := func(tx *store.Tx) error {
			_, err := tx.Exec(t.Context(), "INSERT INTO zones (network, since, zone) VALUES (?, ?, ?)", "n", 1, "UTC")
			return err
		}
		if err := s.Update(t.Context(), func(tx *store.Tx) error { return fmt.Errorf("no: %w", insert(tx)) }); err == nil {
			t.Error("the error is lost")
		}
		func() {
			defer func() { _ = recover() }()
			_ = s.Update(t.Context(), func(tx *store.Tx) error { _ = insert(tx); panic("no") })
		}()
		stopped, cancel := context.WithCancel(t.Context())
		cancel()
		if err := s.Update(stopped, insert); err == nil {
			t.Error("a canceled context writes")
		}
		if n := rows(t, s, "SELECT count(*) FROM zones"); n != 0 {
			t.Errorf("%d rows left behind", n)
		}
		update(t, s, insert)
		if n := rows(t, s, "SELECT count(*) FROM zones"); n != 1 {
			t.Errorf("%d rows", n)
		}
	})
}

// FuzzParams: whatever is sent, the log holds a JSON object of it.
func FuzzParams(f *testing.F) {
	f.Add("a", "b", "c")
	f.Add("\x00\xff\"\\\n\u2028", "<&>", "")
	f.Fuzz(func(t *testing.T, name, value, other string) {
		text := store.ParamsText([]journal.Param{{Name: name, Value: value}, {Name: name, Value: other}, {Name: "z" + name, Value: other}})
		var m map[string]string
		if err := json.Unmarshal([]byte(text), &m); err != nil || len(m) != 2 {
			t.Fatalf("%q: %v, %v", text, m, err)
		}
		if strings.ContainsRune(text, 0) {
			t.Errorf("%q holds a NUL", text)
		}
	})
}
