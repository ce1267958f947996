package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/go-logr/logr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/waypost/waypost/api/v1alpha1"
	"github.com/waypost/waypost/tracker/live"
)

// fleet is the trackers inside this process. Being here, they report a new index by a
// call, so that the moment at which the last one serves it is known exactly: asking ten
// admin ports would cost more time than there is to measure.
type fleet struct {
	network string
	mu      sync.Mutex
	loaded  *sync.Cond // broadcast whenever a holder has swapped its index
	holders []*live.Holder
}

// startFleet runs trackers until the context ends; their admin ports are not served. Each
// has a watch and a download of its own, as it would have in a pod.
func startFleet(ctx context.Context, c *cluster, p place, trackers int) (*fleet, error) {
	f := &fleet{network: p.Network}
	f.loaded = sync.NewCond(&f.mu)
	for range trackers {
		source, err := live.NewKubernetes(c.config, live.KubernetesOptions{
			Namespace: p.Snapshots, Trust: live.TrustKeys(c.public), Log: logr.Discard(),
		})
		if err != nil {
			return nil, err
		}
		holder := live.NewHolder(live.Options{Log: logr.Discard(), Loaded: func(*live.Index) {
			f.mu.Lock()
			defer f.mu.Unlock()
			f.loaded.Broadcast()
		}})
		f.holders = append(f.holders, holder)
		go func() { _ = holder.Run(ctx, source) }()
	}
	context.AfterFunc(ctx, f.loaded.Broadcast)
	return f, nil
}

// serve waits until every tracker serves an offer under a title.
func (f *fleet) serve(ctx context.Context, offer, title string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	for !f.serves(offer, title) {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		f.loaded.Wait()
	}
	return nil
}

// serves reports whether the current index of every tracker has the title. f.mu is held.
func (f *fleet) serves(offer, title string) bool {
	for _, holder := range f.holders {
		network := holder.Current().NetworkByName(f.network)
		if network == nil {
			return false
		}
		if o := network.Offer(offer); o == nil || o.Body.Title != title {
			return false
		}
	}
	return true
}

// measureEdits measures single edits, and many of them. Everything is made before the
// operator starts; then one tracker is a process of its own, whose memory and processor
// time count, and the others run in this process. Measuring begins when every status is
// written, because the first publication would be part of the first edit's time.
func measureEdits(ctx context.Context, c *cluster, s sizes) ([]figure, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	p, err := c.newPlace(ctx, "bench-edits")
	if err != nil {
		return nil, err
	}
	records, err := c.fill(ctx, p, s.offers, s.overrides)
	if err != nil {
		return nil, err
	}
	addresses, err := freeAddresses(2)
	if err != nil {
		return nil, err
	}
	tracker, err := start("tracker", part{Dir: c.dir, Place: p, Address: addresses[0], LookUp: offerName(0)})
	if err != nil {
		return nil, err
	}
	defer tracker.stop()
	operator, err := start("operator", part{Dir: c.dir, Place: p, Address: addresses[1], Trackers: []string{"http://" + addresses[0]}})
	if err != nil {
		return nil, err
	}
	defer operator.stop()
	fleet, err := startFleet(ctx, c, p, s.trackers-1)
	if err != nil {
		return nil, err
	}
	if err := c.waitRecords(ctx, p, records); err != nil {
		return nil, err
	}
	if err := c.settled(ctx, addresses[1], records); err != nil {
		return nil, err
	}
	figures, err := singleEdits(ctx, c, p, fleet, addresses[1], s.edits)
	if err != nil {
		return nil, err
	}
	more, err := churn(ctx, c, p, fleet, tracker, "http://"+addresses[0], s)
	return append(figures, more...), err
}

// settled waits until the operator has written every status, and nothing for three
// seconds since.
func (c *cluster) settled(ctx context.Context, metrics string, objects int) error {
	say("waiting for %d statuses", objects)
	const metric, still = `waypost_status_writes_total{result="written"}`, 3 * time.Second
	last, since := 0.0, time.Now()
	for ctx.Err() == nil {
		values, err := scrape(ctx, metrics)
		if err == nil && values[metric] != last {
			last, since = values[metric], time.Now()
		}
		if last >= float64(objects) && time.Since(since) > still {
			return nil
		}
		pause(ctx, 200*time.Millisecond)
	}
	return ctx.Err()
}

// singleEdits measures edits that come alone. The time to served is that from before the
// request until the last tracker's swap, so the API server's own part is in it. A pause
// follows that is longer than the operator's debounce window of 500 ms, else two edits
// would share a publication and the counts per edit would be too small.
func singleEdits(ctx context.Context, c *cluster, p place, f *fleet, metrics string, edits int) ([]figure, error) {
	say("%d single edits", edits)
	before, err := scrape(ctx, metrics)
	if err != nil {
		return nil, err
	}
	var served, ready []time.Duration
	for i := range edits {
		name, title := offerName((i*7919)%1000), fmt.Sprintf("edit %d", i)
		began := time.Now()
		generation, err := c.retitle(ctx, p, name, title)
		if err != nil {
			return nil, err
		}
		if err := f.serve(ctx, name, title); err != nil {
			return nil, err
		}
		served = append(served, time.Since(began))
		if err := c.ready(ctx, p, name, generation); err != nil {
			return nil, err
		}
		ready = append(ready, time.Since(began))
		pause(ctx, 600*time.Millisecond) // so that the next one comes alone, too
	}
	after, err := scrape(ctx, metrics)
	if err != nil {
		return nil, err
	}
	per := func(metric string) float64 { return (after[metric] - before[metric]) / float64(edits) }
	return []figure{
		{"edit to served by all trackers, p50", percentile(served, 0.50), "ms"},
		{"edit to served by all trackers, p99", percentile(served, 0.99), "ms"},
		{"edit to Ready, p50", percentile(ready, 0.50), "ms"},
		{"shards written per edit", per("waypost_shards_published_total"), ""},
		{"manifests written per edit", per("waypost_manifests_published_total"), ""},
		{"statuses written per edit", per(`waypost_status_writes_total{result="written"}`), ""},
	}, nil
}

// ready waits until an offer's status reports that a generation is served everywhere, as
// "kubectl wait --for=condition=Ready" would.
func (c *cluster) ready(ctx context.Context, p place, name string, generation int64) error {
	for ctx.Err() == nil {
		offer := new(v1alpha1.Offer)
		if err := c.Get(ctx, client.ObjectKey{Namespace: p.Network, Name: name}, offer); err != nil {
			return err
		}
		for _, condition := range offer.Status.Conditions {
			if condition.Type == v1alpha1.ConditionReady && condition.Status == "True" && condition.ObservedGeneration >= generation {
				return nil
			}
		}
		pause(ctx, 5*time.Millisecond)
	}
	return ctx.Err()
}

// churn edits twenty times a second, each time another offer, and waits for every edit
// beside the next ones. An edit that not all trackers serve within ten seconds is missed.
// Meanwhile one tracker looks offers up all the time, as clicks would: the look-ups that
// failed are counted there (lookUp), and its processor time is what the churn costs a
// tracker, as a share of one core.
func churn(ctx context.Context, c *cluster, p place, f *fleet, tracker *process, url string, s sizes) ([]figure, error) {
	say("20 edits a second for %v", s.churn)
	cpu, err := tracker.processor()
	if err != nil {
		return nil, err
	}
	ticker := time.NewTicker(time.Second / 20)
	defer ticker.Stop()
	began := time.Now()
	var waits sync.WaitGroup
	var mu sync.Mutex
	var served []time.Duration
	missed, edits := 0, 0
	for ; time.Since(began) < s.churn && ctx.Err() == nil; edits++ {
		<-ticker.C
		name, title, at := offerName((edits*7919)%s.offers), fmt.Sprintf("churn %d", edits), time.Now()
		if _, err := c.retitle(ctx, p, name, title); err != nil {
			return nil, err
		}
		waits.Go(func() {
			within, cancel := context.WithTimeout(ctx, 10*time.Second)
			defer cancel()
			stop := context.AfterFunc(within, f.loaded.Broadcast)
			defer stop()
			err := f.serve(within, name, title)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				missed++
			}
			served = append(served, time.Since(at))
		})
	}
	waits.Wait()
	took := time.Since(began)
	used, err := tracker.processor()
	if err != nil {
		return nil, err
	}
	failed, err := fetch(ctx, url+"/failed")
	if err != nil {
		return nil, err
	}
	var count float64
	if _, err := fmt.Sscan(failed, &count); err != nil {
		return nil, err
	}
	return []figure{
		{"20 edits/s: edits not served", float64(missed), ""},
		{"20 edits/s: look-ups that failed", count, ""},
		{"20 edits/s: tracker CPU of a core", 100 * float64(used-cpu) / float64(took), "%"},
		{"20 edits/s: edit to served, p99", percentile(served, 0.99), "ms"},
	}, nil
}

// fetch returns the body of an answer, whatever its status.
func fetch(ctx context.Context, url string) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	return string(body), err
}
