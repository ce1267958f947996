package queue

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/waypost/waypost/tracker/ledger/delivery"
	"github.com/waypost/waypost/tracker/ledger/store"
)

const (
	// pruneAtOnce is the number of rows that one transaction removes: it bounds how long
	// the fold is held up.
	pruneAtOnce = 2000
	pruneEvery  = time.Hour
)

// KeepPruned removes deliveries once an hour that were over, delivered or parked,
// and called for longer than retain ago, until ctx ends. It returns at once for
// retain 0, which keeps them all.
func (q *Queue) KeepPruned(ctx context.Context, retain time.Duration, now func() time.Time, log logr.Logger) {
	if retain <= 0 {
		return
	}
	tick := time.NewTicker(pruneEvery)
	defer tick.Stop()
	for {
		if n, err := q.Prune(ctx, now().Add(-retain)); err != nil && ctx.Err() == nil {
			log.Error(err, "removing old deliveries; trying again in an hour")
		} else if n > 0 {
			log.Info("removed old deliveries", "count", n)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

const (
	// forwardEvery is the pause of KeepDue, and lookEvery that of its looks at the clock.
	forwardEvery = 5 * time.Minute
	lookEvery    = time.Second
)

// KeepDue brings forward, until ctx ends, the deliveries that a clock which was ahead has
// put off: those due later than their pause lasts. It works whenever the clock is set
// back, and now and then.
func (q *Queue) KeepDue(ctx context.Context, now func() time.Time, log logr.Logger) {
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	var looked, due time.Time
	for {
		at := now().Round(0) // the wall clock alone
		if at.Before(looked) || !at.Before(due) {
			if n, err := q.bringForward(ctx, at); err != nil && ctx.Err() == nil {
				log.Error(err, "bringing deliveries forward; trying again in five minutes")
			} else if n > 0 {
				log.Info("brought deliveries forward that a clock ahead of this one had put off", "count", n)
			}
			due = at.Add(forwardEvery)
		}
		looked = at
		select {
		case <-look.C:
		case <-ctx.Done():
			return
		}
	}
}

// tooFar selects what is due later than its pause lasts after a moment.
var tooFar = func() string {
	var b strings.Builder
	b.WriteString("state = 'waiting' AND due_at - ? > CASE attempts")
	pauses := delivery.LongestPauses()
	for attempts, pause := range pauses {
		fmt.Fprintf(&b, " WHEN %d THEN %d", attempts, pause.Microseconds())
	}
	fmt.Fprintf(&b, " ELSE %d END", pauses[len(pauses)-1].Microseconds())
	return b.String()
}()

// bringForward makes due now what would be due later than its pause lasts, and returns
// how many. URLs are suspended now that were in the future, so that a changed one is noticed.
func (q *Queue) bringForward(ctx context.Context, now time.Time) (n int64, err error) {
	at := now.UnixMicro()
	err = q.store.Update(ctx, func(tx *store.Tx) error {
		if n, err = tx.Exec(ctx, "UPDATE deliveries SET due_at = ? WHERE "+tooFar, at, at); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, "UPDATE delivery_targets SET suspended_at = ? WHERE suspended_at > ?", at, at)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("bring deliveries forward: %w", err)
	}
	return n, nil
}

// Prune removes deliveries that are over and were called for before a moment, and
// returns how many. What waits or is suspended stays, however old.
func (q *Queue) Prune(ctx context.Context, before time.Time) (int64, error) {
	var total int64
	for _, state := range []delivery.State{delivery.Delivered, delivery.Parked} {
		for {
			n, err := q.pruneSome(ctx, state, before)
			total += n
			if err != nil {
				return total, fmt.Errorf("remove old deliveries: %w", err)
			}
			if n < pruneAtOnce {
				break
			}
		}
	}
	return total, nil
}

// pruneSome removes the oldest of a state, at most pruneAtOnce, and returns how many: ids
// sort by time, so the oldest are found without reading the rest. Fewer than pruneAtOnce
// means that no more are old enough.
func (q *Queue) pruneSome(ctx context.Context, state delivery.State, before time.Time) (n int64, err error) {
	err = q.store.Update(ctx, func(tx *store.Tx) error {
		n, err = tx.Exec(ctx, `DELETE FROM deliveries WHERE id IN (
			SELECT id FROM deliveries WHERE state = ? ORDER BY id LIMIT ?) AND created_at < ?`,
			state, pruneAtOnce, before.UnixMicro())
		return err
	})
	return n, err
}

// scrapeTimeout bounds what a scrape may cost.
const scrapeTimeout = 2 * time.Second

var (
	suspendedDesc = prometheus.NewDesc("waypost_delivery_suspended_targets",
		"Partner URLs that are suspended because they failed too often in a row.", nil, nil)
	waitingDesc = prometheus.NewDesc("waypost_delivery_waiting",
		"Outgoing calls that wait for their turn or their next attempt.", nil, nil)
)

// Collector returns the metrics of the queue, read from the tables at each scrape.
func (q *Queue) Collector() prometheus.Collector { return collector{q} }

// collector counts at each scrape instead of keeping numbers: several ledgers, and hands
// at the API, change the tables.
type collector struct{ q *Queue }

// Describe implements prometheus.Collector.
func (c collector) Describe(to chan<- *prometheus.Desc) {
	to <- suspendedDesc
	to <- waitingDesc
}

// Collect implements prometheus.Collector.
func (c collector) Collect(to chan<- prometheus.Metric) {
	c.gauge(to, suspendedDesc, "SELECT count(*) FROM delivery_targets WHERE suspended_at > 0")
	c.gauge(to, waitingDesc, "SELECT count(*) FROM deliveries WHERE state = 'waiting'")
}

// gauge reports the number that a query gives. A query that fails or takes longer than
// scrapeTimeout is reported as an error of the scrape, not as 0.
func (c collector) gauge(to chan<- prometheus.Metric, desc *prometheus.Desc, query string) {
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTimeout)
	defer cancel()
	var n int64
	if err := c.q.store.Reader().QueryRowContext(ctx, query).Scan(&n); err != nil {
		to <- prometheus.NewInvalidMetric(desc, err)
		return
	}
	to <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, float64(n))
}
