package main

import (
	"context"
	"fmt"
	"io"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/controllers/compile"
	"github.com/waypost/waypost/controllers/offline"
	"github.com/waypost/waypost/tracker/live"
)

// loadManifests compiles directories once, as of now. Parts of a bad file are taken: a
// check names all that is wrong, where serve keeps the last good form of the file.
func loadManifests(ctx context.Context, options compile.Options, dirs []string) ([]*snapshot.Record, []offline.Finding, error) {
	directory, err := offline.NewDirectory(options, dirs...)
	if err != nil {
		return nil, nil, err
	}
	directory.TakeParts()
	return directory.Load(ctx, clock())
}

// loadIndex compiles directories into what a tracker serves from. Findings, and so what
// is left out, are written to w.
func loadIndex(ctx context.Context, w io.Writer, options compile.Options, dirs ...string) (*live.Index, error) {
	records, findings, err := loadManifests(ctx, options, dirs)
	if err != nil {
		return nil, err
	}
	if err := offline.WriteText(w, findings); err != nil {
		return nil, err
	}
	index, err := live.Build(1, records)
	if err != nil {
		return nil, fmt.Errorf("indexing the manifests: %w", err)
	}
	return index, nil
}
