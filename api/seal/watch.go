package seal

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// WatchInterval is how often Watch looks when Ticks is nil.
const WatchInterval = 2 * time.Second

// Watcher picks up a rotated ring. It compares the file's content at each tick:
// a mounted Secret changes by a swapped symbolic link, which notifications of
// the file itself do not show, and the file is tiny.
type Watcher struct {
	// Dir holds FileName.
	Dir string
	// Ticks triggers a look at the file; nil means every WatchInterval. Tests pass their own.
	Ticks <-chan time.Time
	// OnChange gets each valid ring whose file differs from the one before,
	// the first one included. Called from Run's goroutine.
	OnChange func(*Keyring)
	// OnError gets each new problem once; the last good ring stays in use. May be nil.
	OnError func(error)
}

// Run watches until ctx ends, and then returns nil. It looks once at the start.
func (w *Watcher) Run(ctx context.Context) error {
	ticks := w.Ticks
	if ticks == nil {
		ticker := time.NewTicker(WatchInterval)
		defer ticker.Stop()
		ticks = ticker.C
	}
	state := watchState{}
	w.look(&state)
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticks:
			w.look(&state)
		}
	}
}

// watchState is what the last look saw.
type watchState struct {
	content []byte
	problem string
}

// look reads the file once and reports what is new about it.
func (w *Watcher) look(state *watchState) {
	path := filepath.Join(w.Dir, FileName)
	content, err := os.ReadFile(path)
	if err != nil {
		w.report(state, fmt.Errorf("reading sealing keys: %w", err))
		return
	}
	if state.content != nil && bytes.Equal(content, state.content) {
		return
	}
	ring, err := Parse(content)
	if err != nil {
		w.report(state, fmt.Errorf("%s: %w", path, err))
		return
	}
	state.content, state.problem = content, ""
	w.OnChange(ring)
}

// report passes a problem on unless it was the last one too.
func (w *Watcher) report(state *watchState, err error) {
	if w.OnError == nil || state.problem == err.Error() {
		return
	}
	state.problem = err.Error()
	w.OnError(err)
}
