package queue_test

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-logr/logr"

	"github.com/waypost/waypost/tracker/ledger/delivery"
	"github.com/waypost/waypost/tracker/ledger/store"
)

func (d *fixture) ids() []string {
	d.Helper()
	rows, err := d.store.Reader().QueryContext(d.ctx, "SELECT id FROM deliveries ORDER BY id")
	if err != nil {
		d.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	var ids []string
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			d.Fatal(err)
		}
		ids = append(ids, id)
	}
	return ids
}

func TestPrune(t *testing.T) {
	each(t, func(d *fixture) {
		var list []store.Delivery
		var results []delivery.Result
		for i, state := range []delivery.State{delivery.Delivered, delivery.Parked, delivery.Waiting, delivery.Delivered, delivery.Parked} {
			p := postback(fmt.Sprint(i), "http://x.example", start.Add(time.Duration(i)*time.Hour))
			list = append(list, p)
			results = append(results, delivery.Result{ID: p.ID, State: state, At: start, NextAt: start})
		}
		for i := range 4500 { // more than one transaction takes
			p := postback(fmt.Sprintf("0%04d", i), "http://x.example", start)
			list = append(list, p)
			results = append(results, delivery.Result{ID: p.ID, State: delivery.Delivered, At: start})
		}
		d.fold(list...)
		d.record(results...)
		n, err := d.Prune(d.ctx, start.Add(3*time.Hour))
		if err != nil || n != 4502 {
			d.Errorf("removed %d, %v", n, err)
		}
		if got := d.ids(); !slices.Equal(got, []string{"2", "3", "4"}) {
			d.Errorf("left %v", got)
		}
		ctx, cancel := context.WithCancel(d.ctx)
		done := make(chan struct{})
		go func() {
			defer close(done)
			d.KeepPruned(ctx, time.Hour, func() time.Time { return start.Add(100 * time.Hour) }, logr.Discard())
		}()
		d.await("the rest to be removed", func() bool { return len(d.ids()) == 1 })
		cancel()
		<-done
		d.KeepPruned(d.ctx, 0, time.Now, logr.Discard()) // returns
	})
}

// TestDueAheadOfTheClock: what a clock that was ahead has put off is due now, a pause is kept.
func TestDueAheadOfTheClock(t *testing.T) {
	each(t, func(d *fixture) {
		var list []store.Delivery
		var want []string
		for _, x := range []struct {
			attempts int
			due      time.Duration
			forward  bool
		}{
			{0, 365 * 24 * time.Hour, true}, {0, 31 * time.Second, true}, {0, 30 * time.Second, false},
			{1, time.Hour, true}, {1, 12 * time.Second, false}, {3, 2 * time.Minute, true}, {3, 108 * time.Second, false},
			{7, 3 * time.Hour, true}, {7, 2 * time.Hour, false}, {8, 5 * time.Hour, true}, {13, 5 * time.Hour, true}, {13, 4 * time.Hour, false},
		} {
			p := postback(fmt.Sprintf("%02d", len(list)), "http://x.example", start.Add(x.due))
			list = append(list, p)
			d.fold(p)
			d.update(func(tx *store.Tx) error {
				_, err := tx.Exec(d.ctx, "UPDATE deliveries SET attempts = ? WHERE id = ?", int64(x.attempts), p.ID)
				return err
			})
			if x.forward {
				want = append(want, p.ID)
			}
		}
		d.keepDue(func() time.Time { return start }, func() bool { return slices.Equal(d.dueIDs(start), want[:min(len(want), 8)]) })
	})
}

// TestDueWhenTheClockIsSetBack: at once, not minutes later.
func TestDueWhenTheClockIsSetBack(t *testing.T) {
	each(t, func(d *fixture) {
		d.fold(postback("a", "http://x.example", start.Add(time.Hour)))
		var looks atomic.Int64
		d.keepDue(func() time.Time {
			if looks.Add(1) > 1 {
				return start
			}
			return start.Add(time.Hour)
		}, func() bool { return len(d.dueIDs(start)) == 1 })
	})
}

// keepDue runs KeepDue until a condition holds.
func (d *fixture) keepDue(now func() time.Time, until func() bool) {
	d.Helper()
	ctx, cancel := context.WithCancel(d.ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		d.KeepDue(ctx, now, logr.Discard())
	}()
	d.await("what was put off to be due", until)
	cancel()
	<-done
}
