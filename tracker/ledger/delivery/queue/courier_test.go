package queue_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/waypost/waypost/tracker/ledger/delivery"
	"github.com/waypost/waypost/tracker/ledger/delivery/queue"
	"github.com/waypost/waypost/tracker/ledger/store"
)

// receiver is a partner's server. It notes the delivery id of each call, and
// answers what fail says.
type receiver struct {
	mu    sync.Mutex
	calls map[string]int // by delivery id
	fail  func(r *http.Request) bool
	block chan struct{}
	*httptest.Server
}

func newReceiver(t *testing.T) *receiver {
	r := &receiver{calls: map[string]int{}, fail: func(*http.Request) bool { return false }}
	r.Server = httptest.NewServer(r)
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	r.mu.Lock()
	r.calls[q.Header.Get("Idempotency-Key")]++
	block, fails := r.block, r.fail(q)
	r.mu.Unlock()
	if block != nil {
		select {
		case <-block:
		case <-q.Context().Done():
		}
	}
	if fails {
		http.Error(w, "no", http.StatusTeapot)
	}
}

func (r *receiver) count(id string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.calls[id]
}

// run starts a courier on the queue and returns how to stop it.
func (d *fixture) run(client *http.Client) (stop func()) {
	ctx, cancel := context.WithCancel(d.ctx)
	done := make(chan error, 1)
	wake := make(chan struct{}, 1)
	wake <- struct{}{}
	c := delivery.New(delivery.Options{Queue: queue.New(d.store), Client: client, Wake: wake, Log: logr.Discard()})
	go func() { done <- c.Run(ctx) }()
	return func() {
		cancel()
		if err := <-done; err != nil {
			d.Error(err)
		}
	}
}

// await waits for a condition, which every result of a courier may make true.
func (d *fixture) await(what string, ok func() bool) {
	d.Helper()
	deadline := time.After(20 * time.Second)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-deadline:
			d.Fatalf("waited 20 s for %s", what)
		}
	}
}

func TestNothingIsLostOverARestart(t *testing.T) {
	each(t, func(d *fixture) {
		partner := newReceiver(d.T)
		partner.block = make(chan struct{})
		var list []store.Delivery
		for i := range 6 {
			list = append(list, postback(fmt.Sprint(i), partner.URL+"/pb", time.Now()))
		}
		d.fold(list...)
		stop := d.run(delivery.NewClient(true))
		d.await("four calls to be out", func() bool { return partner.count("0")+partner.count("1")+partner.count("2")+partner.count("3") == 4 })
		stop() // in the middle of them
		close(partner.block)
		// What was claimed becomes due again by itself; here the clock is set forward.
		d.update(func(tx *store.Tx) error {
			_, err := tx.Exec(d.ctx, "UPDATE deliveries SET due_at = 0 WHERE state = 'waiting'")
			return err
		})
		stop = d.run(delivery.NewClient(true))
		defer stop()
		for i := range 6 {
			d.await("delivery "+fmt.Sprint(i), func() bool { return d.state(fmt.Sprint(i)) == "delivered" })
		}
		if got := partner.count("0"); got != 2 {
			d.Errorf("the call that was out was made %d times, want twice under one id", got)
		}
		if got := partner.count("5"); got != 1 {
			d.Errorf("the call that was not out was made %d times, want once", got)
		}
	})
}

func TestTwoCouriersOnOneQueue(t *testing.T) {
	each(t, func(d *fixture) {
		partner := newReceiver(d.T)
		var list []store.Delivery
		for i := range 100 {
			list = append(list, postback(fmt.Sprintf("%03d", i), partner.URL+"/pb", time.Now()))
		}
		d.fold(list...)
		first, second := d.run(delivery.NewClient(true)), d.run(delivery.NewClient(true))
		defer first()
		defer second()
		for i := range 100 {
			id := fmt.Sprintf("%03d", i)
			d.await("delivery "+id, func() bool { return d.state(id) == "delivered" })
			if got := partner.count(id); got != 1 {
				d.Errorf("%s was made %d times", id, got)
			}
		}
	})
}

func TestAFailingPartnerIsSuspendedAndShows(t *testing.T) {
	each(t, func(d *fixture) {
		partner := newReceiver(d.T)
		partner.fail = func(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, "/broken") }
		var list []store.Delivery
		for i := range 20 {
			list = append(list, postback(fmt.Sprintf("b%02d", i), partner.URL+"/broken", time.Now()))
		}
		list = append(list, postback("ok", partner.URL+"/fine", time.Now()))
		d.fold(list...)
		stop := d.run(delivery.NewClient(true))
		defer stop()
		d.await("suspension", func() bool {
			list := d.targets()
			return len(list) == 1 && list[0].State == delivery.Suspended
		})
		d.await("the other URL", func() bool { return d.state("ok") == "delivered" })
		got := d.targets()[0]
		if got.HTTPStatus != http.StatusTeapot || got.Error == "" || got.SuspendedAt.IsZero() || got.URL != partner.URL+"/broken" {
			d.Errorf("%+v", got)
		}
		for i := range 20 {
			d.await("every delivery to be set aside", func() bool { return d.state(fmt.Sprintf("b%02d", i)) == "suspended" })
		}
		reg := prometheus.NewRegistry()
		reg.MustRegister(d.Collector())
		families, err := reg.Gather()
		if err != nil {
			d.Fatal(err)
		}
		metrics := map[string]float64{}
		for _, f := range families {
			metrics[f.GetName()] = f.GetMetric()[0].GetGauge().GetValue()
		}
		if len(metrics) != 2 || metrics["waypost_delivery_suspended_targets"] != 1 || metrics["waypost_delivery_waiting"] != 0 {
			d.Errorf("metrics %v", metrics)
		}
	})
}
