package main

import (
	"context"
	"errors"
	"os"
	"strconv"
	"time"

	"github.com/waypost/waypost/api/seal"
	"github.com/waypost/waypost/hack/bench/figures"
	"github.com/waypost/waypost/hack/bench/instance"
	"github.com/waypost/waypost/hack/bench/load"
	"github.com/waypost/waypost/hack/bench/world"
	"github.com/waypost/waypost/tracker/journal"
)

// Goals and overrides of each offer while memory is measured.
const (
	memoryGoals     = 3
	memoryOverrides = 15
)

// kubeconfig leads to no API server, so that the tracker begins with its copy.
const kubeconfig = `apiVersion: v1
kind: Config
clusters: [{name: none, cluster: {server: "http://127.0.0.1:1"}}]
contexts: [{name: none, context: {cluster: none}}]
current-context: none
`

// measureMemory measures a tracker of a cluster with everything that a large
// network has, after clicks on all of it.
func (b *bench) measureMemory(ctx context.Context) (list []figures.Figure, err error) {
	if b.memoryOffers == 0 {
		return nil, nil
	}
	say("memory of a tracker with %d offers, %d goals and %d overrides each", b.memoryOffers, memoryGoals, memoryOverrides)
	if err := b.prepareMemory(ctx); err != nil {
		return nil, err
	}
	nats, err := journal.StartEmbedded(b.path("memory-journal"), journal.EmbeddedOptions{Listen: "127.0.0.1:0"})
	if err != nil {
		return nil, err
	}
	defer nats.Close()
	began := time.Now()
	tracker, err := instance.Start(ctx, instance.Options{Binary: b.binary, Cores: strconv.Itoa(b.serverCore), Log: b.path("memory.log")}, true,
		"tracker", "--kubeconfig", b.path("memory-kubeconfig"), "--keys", b.path("memory-keys"), "--verify-keys", b.path("memory-trust.pem"),
		"--cache", b.path("memory-copy"), "--journal-url", nats.URL())
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, tracker.Stop()) }()
	served, err := tracker.Snapshot(ctx)
	if err != nil {
		return nil, err
	}
	loaded, _, err := tracker.Memory()
	if err != nil {
		return nil, err
	}
	clicked, most, err := b.visitAll(ctx, tracker)
	return []figures.Figure{
		{Name: "100,000 offers: start to served, one core", Unit: "s", Value: served.LoadedAt.Sub(began).Seconds()},
		{Name: "100,000 offers: memory", Unit: "MiB", Value: loaded},
		{Name: "100,000 offers: memory after clicks", Unit: "MiB", Value: clicked},
		{Name: "100,000 offers: most memory, start included", Unit: "MiB", Value: most},
	}, err
}

// prepareMemory writes what the tracker begins with.
func (b *bench) prepareMemory(ctx context.Context) error {
	if err := world.Copy(ctx, world.Records(b.memoryOffers, memoryGoals, memoryOverrides), b.path("memory-copy"), b.path("memory-trust.pem")); err != nil {
		return err
	}
	keys, err := seal.New(time.Now())
	if err != nil {
		return err
	}
	if err := os.MkdirAll(b.path("memory-keys"), 0o700); err != nil {
		return err
	}
	if err := seal.SaveDir(b.path("memory-keys"), keys); err != nil {
		return err
	}
	return os.WriteFile(b.path("memory-kubeconfig"), []byte(kubeconfig), 0o600)
}

// visitAll clicks on all offers, and returns the memory afterwards and the most
// there ever was.
func (b *bench) visitAll(ctx context.Context, tracker *instance.Instance) (now, most float64, err error) {
	l, err := load.Paced{
		Address: tracker.Public, Connections: 64, Rate: 4000, Core: b.clientCore,
		Requests: world.Requests(tracker.Public, world.Paths("/click", b.memoryOffers, b.memoryOffers), world.Chrome),
	}.Run(ctx, b.slice*4)
	if err == nil && l.Statuses[302] != len(l.All) {
		err = errors.New("clicks failed")
	}
	if err != nil {
		return 0, 0, err
	}
	return tracker.Memory()
}
