package store_test

import (
	"context"
	"errors"
	"os"
	"testing"

	"github.com/waypost/waypost/api/money"
	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/tracker/ledger/judge"
	"github.com/waypost/waypost/tracker/ledger/store"
	"github.com/waypost/waypost/tracker/ledger/store/storetest"
)

func TestMain(m *testing.M) { os.Exit(storetest.Main(m)) }

func open(t *testing.T, target string) *store.Store {
	t.Helper()
	s, err := store.Open(context.Background(), target)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func update(t *testing.T, s *store.Store, f func(tx *store.Tx) error) {
	t.Helper()
	if err := s.Update(context.Background(), f); err != nil {
		t.Fatal(err)
	}
}

func TestBeginRefusesAStaleStart(t *testing.T) {
	storetest.Each(t, func(t *testing.T, target string) {
		ctx := context.Background()
		one, two := open(t, target), open(t, target)
		start, next := store.Progress{}, store.Progress{Position: 3, TickAt: 7}
		tx, err := one.Begin(ctx, start, next)
		if err != nil {
			t.Fatal(err)
		}
		lost := make(chan error, 1)
		go func() {
			_, err := two.Begin(ctx, start, store.Progress{Position: 9})
			lost <- err
		}()
		if err := tx.Commit(ctx); err != nil {
			t.Fatal(err)
		}
		if err := <-lost; !errors.Is(err, store.ErrMoved) {
			t.Errorf("second ledger: %v, want ErrMoved", err)
		}
		update(t, two, func(tx *store.Tx) error {
			p, err := tx.Progress.Read(ctx)
			if p != next {
				t.Errorf("progress %+v, want %+v", p, next)
			}
			return err
		})
	})
}

func TestConversionsComeBackAsTheyWere(t *testing.T) {
	storetest.Each(t, func(t *testing.T, target string) {
		ctx := context.Background()
		s := open(t, target)
		amount := money.Amount(12_500_000)
		c := store.Conversion{Cell: 1, Conversion: &judge.Conversion{
			ID: "A", At: 5, Day: 1, Status: snapshot.StatusHold, ClickID: "c", SessionAt: 3, ClickMissing: true,
			OrderID: "o\x00\xff", Amount: &amount, Payout: 1, Revenue: 2, PayoutRule: "goal", Config: "sha256:x", Said: snapshot.StatusApproved,
			HoldUntil: 99, Source: "s", Subs: [10]string{"a\"\\\n", "", "c"}, Extras: map[string]string{"comment": "x<>&"},
			History: []judge.Change{{At: 5, To: snapshot.StatusHold, By: judge.ByPostback}}, OrderKey: judge.Key{1}, RepeatKey: judge.Key{2}, UpdatedAt: 5,
		}}
		update(t, s, func(tx *store.Tx) error { return tx.Conversions.Add(ctx, []store.Conversion{c}) })
		update(t, s, func(tx *store.Tx) error {
			for by, key := range map[store.FindBy]any{store.ByID: "A", store.ByOrderKey: store.KeyOf(c.OrderKey)} {
				list, err := tx.Conversions.Find(ctx, by, []any{key})
				if err != nil || len(list) != 1 {
					t.Fatalf("by %s: %v, %v", by, list, err)
				}
				got := list[0]
				if got.OrderID != "o\uFFFD\uFFFD" || *got.Amount != amount || got.Subs != c.Subs || got.Extras["comment"] != "x<>&" ||
					len(got.History) != 1 || got.History[0] != c.History[0] || got.OrderKey != c.OrderKey || got.RepeatKey != c.RepeatKey || !got.ClickMissing || got.HoldUntil != 99 {
					t.Errorf("by %s: %+v", by, got.Conversion)
				}
			}
			return nil
		})
	})
}
