package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/waypost/waypost/hack/bench/figures"
	"github.com/waypost/waypost/hack/bench/instance"
)

// The counters of what a tracker has served.
const (
	servedClicks      = `waypost_tracker_events_total{event="click",outcome="served"}`
	servedImpressions = `waypost_tracker_events_total{event="impression",outcome="served"}`
	foldedEntries     = `waypost_ledger_entries_total`
)

// expect checks that the tracker counted what the clients counted, but for the
// requests that were on their way when a client ended.
func (b *bench) expect(ctx context.Context, waypost *instance.Instance) error {
	m, err := waypost.Metrics(ctx)
	if err != nil {
		return err
	}
	clicks, impressions := int(m[servedClicks]), int(m[servedImpressions])
	most := b.runs * b.clicks.Connections
	if extra := clicks + impressions - b.answered.Clicks - b.answered.Impressions; extra < 0 || extra > most {
		return fmt.Errorf("the tracker counted %d clicks and %d impressions, the clients %d and %d", clicks, impressions, b.answered.Clicks, b.answered.Impressions)
	}
	return nil
}

// measureServe starts Waypost again on the same data, with its ledger: what the
// journal has is then in the reports, and nothing that was answered may lack. When
// that is done it measures clicks with the ledger's work on the same core.
func (b *bench) measureServe(ctx context.Context, nginx *server) (list []figures.Figure, err error) {
	say("counting the journal: %d clicks and %d impressions were answered", b.answered.Clicks, b.answered.Impressions)
	waypost, err := b.serve(ctx, "serve", false)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, waypost.Stop()) }()
	began := time.Now()
	counted, err := b.fold(ctx, waypost)
	if err != nil {
		return nil, err
	}
	total := counted.Clicks + counted.Impressions
	say("  %d clicks and %d impressions in the reports, %.0f/s", counted.Clicks, counted.Impressions, float64(total)/time.Since(began).Seconds())
	lost := max(0, b.answered.Clicks-counted.Clicks) + max(0, b.answered.Impressions-counted.Impressions)
	say("clicks, kept connections, the ledger on the same core")
	c, err := b.contest(ctx, b.clicks, serverOf(waypost), nginx)
	if err != nil {
		return nil, err
	}
	return []figures.Figure{
		{Name: "answers missing in the journal", Value: float64(lost)},
		c.rates("clicks/s, ledger on the same core"),
	}, nil
}

// foldMost bounds how long the ledger may take for the journal.
const foldMost = 15 * time.Minute

// fold waits until the ledger makes no further progress and returns its report.
func (b *bench) fold(ctx context.Context, waypost *instance.Instance) (instance.Totals, error) {
	ctx, cancel := context.WithTimeout(ctx, foldMost)
	defer cancel()
	const still = 3 * time.Second
	last, since := -1.0, time.Now()
	err := waypost.Until(ctx, func(ctx context.Context) bool {
		time.Sleep(100 * time.Millisecond)
		m, err := waypost.Metrics(ctx)
		if err == nil && m[foldedEntries] != last {
			last, since = m[foldedEntries], time.Now()
		}
		return last > 0 && time.Since(since) > still
	})
	if err != nil {
		return instance.Totals{}, err
	}
	return waypost.Report(ctx)
}
