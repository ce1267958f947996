package live

import (
	"context"

	"github.com/waypost/waypost/api/snapshot"
)

// Source brings revisions from where they are published. Run hands each one to
// the sink, one at a time, until the context ends; then it returns nil. It
// returns an error only when it cannot work at all.
type Source interface {
	Run(ctx context.Context, sink Sink) error
}

// Sink is what a source works for; the Holder is one.
type Sink interface {
	// Apply serves from the update's revision, or keeps the last good one and returns
	// why. The revision that is served already is accepted and costs nothing.
	Apply(ctx context.Context, u Update) error
	// Report takes the reason why the source has no update to apply.
	Report(err error)
	// Current returns what is served now.
	Current() *Index
}

// Update is one revision that a source has seen.
type Update struct {
	// Manifest is decoded, and verified where the source needs to.
	Manifest *snapshot.Manifest
	// Fetch gets the shards that the sink lacks.
	Fetch Fetch
	// Origin is where the update came from.
	Origin Origin
}

// Origin is where a served revision came from.
type Origin string

// The origins.
const (
	FromKubernetes Origin = "kubernetes"
	FromDirectory  Origin = "directory"
	FromDisk       Origin = "disk"
)
