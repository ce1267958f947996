package controllers

import (
	"context"
	"fmt"
	"time"

	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/controllers/publish"
)

// lookEvery is how often a rollback is looked for.
const lookEvery = 100 * time.Millisecond

// Revisions returns the published manifest and the revisions that can be rolled
// back to, newest first. namespace is that of the snapshots.
func Revisions(ctx context.Context, config *rest.Config, namespace string) (*snapshot.Manifest, publish.History, error) {
	c, err := newClient(config)
	if err != nil {
		return nil, nil, err
	}
	return publish.List(ctx, c, namespace)
}

// Rollback makes the operator publish an earlier revision again, as a new one,
// and keep it until Release. It returns the new manifest; when the context ends
// before, the request stands and the operator will still follow it.
func Rollback(ctx context.Context, config *rest.Config, namespace string, to int64) (*snapshot.Manifest, error) {
	c, err := newClient(config)
	if err != nil {
		return nil, err
	}
	if err := publish.Rollback(ctx, c, namespace, to); err != nil {
		return nil, err
	}
	return waitPinned(ctx, c, namespace, to)
}

// Release ends a rollback: the operator follows the configuration again. It
// returns the first manifest that does.
func Release(ctx context.Context, config *rest.Config, namespace string) (*snapshot.Manifest, error) {
	c, err := newClient(config)
	if err != nil {
		return nil, err
	}
	if err := publish.Release(ctx, c, namespace); err != nil {
		return nil, err
	}
	return waitPinned(ctx, c, namespace, 0)
}

// waitPinned waits until the published manifest is pinned to a revision, or to none.
func waitPinned(ctx context.Context, c client.Client, namespace string, to int64) (*snapshot.Manifest, error) {
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	for {
		m, _, err := publish.List(ctx, c, namespace)
		if err == nil && m.Pinned == to {
			return m, nil
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("the operator has not followed yet, is it running? %w", ctx.Err())
		case <-ticker.C:
		}
	}
}

// newClient makes a client without a cache, for commands that end.
func newClient(config *rest.Config) (client.Client, error) {
	scheme, err := newScheme()
	if err != nil {
		return nil, err
	}
	c, err := client.New(config, client.Options{Scheme: scheme})
	if err != nil {
		return nil, fmt.Errorf("make a client: %w", err)
	}
	return c, nil
}
