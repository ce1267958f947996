package queue_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/go-logr/logr"

	"github.com/waypost/waypost/tracker/ledger/delivery"
	"github.com/waypost/waypost/tracker/ledger/store"
)

func (d *desk) ids() []string {
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
	each(t, func(d *desk) {
		var list []store.Delivery
		var results []delivery.Result
		for i, state := range []delivery.State{delivery.Delivered, delivery.Parked, delivery.Pending, delivery.Delivered, delivery.Parked} {
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

// TestDueAheadOfTheClock: what a clock a year ahead has put off is due now, a pause is kept.
func TestDueAheadOfTheClock(t *testing.T) {
	each(t, func(d *desk) {
		d.fold(postback("a", "http://x.example", start.AddDate(1, 0, 0)), postback("b", "http://x.example", start.Add(time.Hour)))
		ctx, cancel := context.WithCancel(d.ctx)
		done := make(chan struct{})
		go func() {
			defer close(done)
			d.KeepDue(ctx, func() time.Time { return start }, logr.Discard())
		}()
		due := func(id string) (at int64) {
			d.Helper()
			if err := d.store.Reader().QueryRowContext(d.ctx, "SELECT due_at FROM deliveries WHERE id = '"+id+"'").Scan(&at); err != nil {
				d.Fatal(err)
			}
			return at
		}
		d.await("the one to be due", func() bool { return due("a") == start.UnixMicro() })
		cancel()
		<-done
		if got := due("b"); got != start.Add(time.Hour).UnixMicro() {
			d.Errorf("the other is due at %d", got)
		}
	})
}
