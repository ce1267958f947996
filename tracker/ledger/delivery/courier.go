package delivery

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
)

const (
	// perHost bounds the calls that are out to one host and port.
	perHost = 4
	// atOnce bounds the calls that are out together; a slow host holds perHost of them.
	atOnce = 128
	// lookAgain is how often the queue is asked when Wake is silent.
	lookAgain = time.Second
	// claimFor outlives every call; after a crash deliveries wait as long.
	claimFor = 2 * callTimeout
)

// Options set a courier up.
type Options struct {
	Queue  Queue
	Client *http.Client
	// Now is the clock; nil is time.Now.
	Now func() time.Time
	// Wake receives when the queue may have grown; nil is never.
	Wake    <-chan struct{}
	Log     logr.Logger
	Metrics prometheus.Registerer
}

// Courier makes due calls until its context ends. One goroutine owns its state;
// each call runs in one of its own.
//
// A round looks for due deliveries, claims those whose hosts have room, starts their calls,
// and waits: for a result, for Wake, or for lookAgain. Results that arrived together are
// recorded together, because each record is a transaction.
//
// A claim makes a delivery due again at its end. It outlives the call, so a courier that
// dies needs no cleaning up: its deliveries come due by themselves. One whose result could
// not be recorded is called again too, under the same id.
//
// Bounds by host keep a slow receiver from holding all calls: its deliveries stay due, and
// Due passes over hosts that have no room.
type Courier struct {
	Options
	out     map[string]string // delivery id → host, of calls that are out
	hosts   map[string]int    // calls out per host
	results chan Result
	calls   *prometheus.CounterVec
}

// New returns a courier.
func New(o Options) *Courier {
	if o.Now == nil {
		o.Now = time.Now
	}
	c := &Courier{
		Options: o,
		out:     map[string]string{},
		hosts:   map[string]int{},
		results: make(chan Result, atOnce),
		calls: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "waypost_delivery_attempts_total",
			Help: "Outgoing calls that were made, by what came of them.",
		}, []string{"state"}),
	}
	if o.Metrics != nil {
		o.Metrics.MustRegister(c.calls)
	}
	return c
}

// Run delivers until ctx ends; calls that are out then end with it and are made
// again after the next start, under the same id.
func (c *Courier) Run(ctx context.Context) error {
	tick := time.NewTicker(lookAgain)
	defer tick.Stop()
	defer c.drain()
	for {
		if err := c.send(ctx); err != nil && ctx.Err() == nil {
			c.Log.Error(err, "looking for deliveries; trying again")
		}
		select {
		case <-ctx.Done():
			return nil
		case r := <-c.results:
			if err := c.settle(ctx, r); err != nil && ctx.Err() == nil {
				c.Log.Error(err, "keeping the results of deliveries; they will be made again")
			}
		case <-c.Wake:
		case <-tick.C:
		}
	}
}

// send starts the calls that are due and have room.
func (c *Courier) send(ctx context.Context) error {
	room := atOnce - len(c.out)
	if room == 0 {
		return nil
	}
	due, err := c.Queue.Due(ctx, c.Now(), room, c.busyHosts(), c.outIDs())
	if err != nil {
		return fmt.Errorf("reading the queue of deliveries: %w", err)
	}
	chosen := c.chosen(due)
	if len(chosen) == 0 {
		return nil
	}
	now := c.Now()
	claimed, err := c.Queue.Claim(ctx, idsOf(chosen), now, now.Add(claimFor))
	if err != nil {
		return fmt.Errorf("claiming deliveries: %w", err)
	}
	for _, d := range chosen {
		if !slices.Contains(claimed, d.ID) {
			continue // another courier was faster
		}
		host := hostOf(d.URL)
		c.out[d.ID] = host
		c.hosts[host]++
		go func() { c.results <- call(ctx, c.Client, d, c.Now) }()
	}
	return nil
}

// chosen are the due deliveries whose hosts have room; the others stay due.
func (c *Courier) chosen(due []Delivery) []Delivery {
	more := map[string]int{}
	var chosen []Delivery
	for _, d := range due {
		host := hostOf(d.URL)
		if c.hosts[host]+more[host] < perHost {
			more[host]++
			chosen = append(chosen, d)
		}
	}
	return chosen
}

// idsOf returns the ids of deliveries, in their order.
func idsOf(ds []Delivery) []string {
	ids := make([]string, len(ds))
	for i, d := range ds {
		ids[i] = d.ID
	}
	return ids
}

// settle records a result and those that have arrived behind it. Places at hosts are given
// back whether or not the record succeeds: the calls are over, and a database that fails
// must not stop the calls of later ones.
func (c *Courier) settle(ctx context.Context, first Result) error {
	batch := []Result{first}
	for more := true; more; {
		select {
		case r := <-c.results:
			batch = append(batch, r)
		default:
			more = false
		}
	}
	err := c.Queue.Record(ctx, batch)
	for _, r := range batch {
		c.release(r.ID)
		c.calls.WithLabelValues(string(r.State)).Inc()
	}
	if err != nil {
		return fmt.Errorf("recording %d deliveries: %w", len(batch), err)
	}
	return nil
}

// release forgets a call that has ended, and gives its place at the host back.
func (c *Courier) release(id string) {
	host := c.out[id]
	delete(c.out, id)
	if c.hosts[host]--; c.hosts[host] <= 0 {
		delete(c.hosts, host)
	}
}

// drain waits for the calls that are out; their context has ended, so it is short.
func (c *Courier) drain() {
	for len(c.out) > 0 {
		c.release((<-c.results).ID)
	}
}

// busyHosts are the hosts without room for another call.
func (c *Courier) busyHosts() []string {
	var busy []string
	for host, n := range c.hosts {
		if n >= perHost {
			busy = append(busy, host)
		}
	}
	return busy
}

// outIDs are the deliveries whose calls are out, whatever became of their claims.
func (c *Courier) outIDs() []string {
	ids := make([]string, 0, len(c.out))
	for id := range c.out {
		ids = append(ids, id)
	}
	return ids
}

// hostOf is how calls are counted per receiver: the host and port of the URL, as the
// queue names them. "" for what is no URL, whose call fails at once.
func hostOf(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return ""
	}
	return strings.ToLower(u.Host)
}
