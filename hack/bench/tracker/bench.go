package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"

	"github.com/waypost/waypost/hack/bench/figures"
	"github.com/waypost/waypost/hack/bench/instance"
	"github.com/waypost/waypost/hack/bench/load"
	"github.com/waypost/waypost/hack/bench/world"
)

// bench is the world that is served, and the clients.
type bench struct {
	sizes
	dir         string
	clicks      *load.Wrk
	impressions *load.Wrk
	// answered are the clicks and impressions that the clients have got answers to.
	answered instance.Totals
	// runs is how often wrk ended with requests on their way.
	runs int
}

// turns are the parts of a round. A shared machine is half as fast again from one second
// to the next: what is compared must not be far apart, nor a rate from its maximum.
const turns = 4

// variety is how many different URLs are requested in turn.
const variety = 2000

// newBench writes the manifests and the lists of URLs. Nothing runs yet.
func newBench(dir string, s sizes) (*bench, error) {
	b := &bench{sizes: s, dir: dir}
	if err := world.Manifests(b.path("manifests"), s.offers); err != nil {
		return nil, err
	}
	var err error
	if b.clicks, err = b.newWrk("/click"); err != nil {
		return nil, err
	}
	b.impressions, err = b.newWrk("/impression")
	return b, err
}

// newWrk is wrk for one kind of requests, with what a browser sends besides the URL:
// parsing headers is a part of the work.
func (b *bench) newWrk(endpoint string) (*load.Wrk, error) {
	dir := b.path("wrk" + endpoint)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	w, err := load.NewWrk(dir, world.Paths(endpoint, b.offers, variety))
	if err != nil {
		return nil, err
	}
	w.Core, w.Headers = strconv.Itoa(b.clientCore), world.Chrome
	return w, nil
}

// path is a path in the temporary directory.
func (b *bench) path(parts ...string) string {
	return filepath.Join(append([]string{b.dir}, parts...)...)
}

// measure takes all figures.
func (b *bench) measure(ctx context.Context) (list []figures.Figure, err error) {
	say("%d offers; servers on core %d, clients on core %d", b.offers, b.serverCore, b.clientCore)
	nginx, err := b.startNginx(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, nginx.Stop()) }()
	for _, part := range []func(context.Context, *server) ([]figures.Figure, error){b.measureTracker, b.measureServe} {
		taken, err := part(ctx, nginx)
		if err != nil {
			return nil, err
		}
		list = append(list, taken...)
	}
	allocations, err := b.measureAllocations(ctx)
	if err != nil {
		return nil, err
	}
	memory, err := b.measureMemory(ctx)
	return append(append(list, allocations...), memory...), err
}

// serve starts Waypost on the manifests. With journalOnly nothing reads the journal:
// what is measured is a tracker, with its journal in the same process.
func (b *bench) serve(ctx context.Context, name string, journalOnly bool) (*instance.Instance, error) {
	args := []string{"serve", "--config", b.path("manifests"), "--data", b.path("data")}
	if journalOnly {
		args = append(args, "--journal-only")
	}
	return instance.Start(ctx, instance.Options{
		Binary: b.binary, Cores: strconv.Itoa(b.serverCore), Log: b.path(name + ".log"), Data: b.path("data"),
	}, true, args...)
}

// measureTracker measures clicks and impressions without a ledger on the same core.
func (b *bench) measureTracker(ctx context.Context, nginx *server) (list []figures.Figure, err error) {
	waypost, err := b.serve(ctx, "tracker", true)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, waypost.Stop()) }()
	if list, err = b.measureRates(ctx, serverOf(waypost), nginx); err != nil {
		return nil, err
	}
	latencies, err := b.measureLatencies(ctx, waypost, nginx)
	if err != nil {
		return nil, err
	}
	return append(list, latencies...), b.expect(ctx, waypost)
}
