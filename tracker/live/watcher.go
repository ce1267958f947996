package live

import (
	"context"
	"path/filepath"
	"strings"
	"time"

	"github.com/fsnotify/fsnotify"
	"github.com/go-logr/logr"
)

// How a directory is watched. Events make it quick; looking makes it sure, on
// filesystems that have no events and when events get lost.
const (
	// settleQuiet without a further event ends a burst: an editor writes, renames
	// and touches.
	settleQuiet = 20 * time.Millisecond
	// settleMost ends a burst that goes on, a copy of many files.
	settleMost = 200 * time.Millisecond
	// lookEvery is how often the directory is looked at, if that is quick.
	lookEvery = 250 * time.Millisecond
	// lookShare bounds the time spent looking at a large directory to a 50th.
	lookShare = 50
)

// watcher says when something below some directories has changed.
type watcher struct {
	dirs   []string
	log    logr.Logger
	events *fsnotify.Watcher // nil where the system has none
	last   fingerprint
	took   time.Duration // to find last
}

func newWatcher(dirs []string, log logr.Logger) *watcher {
	w := &watcher{dirs: dirs, log: log}
	events, err := fsnotify.NewWatcher()
	if err != nil {
		log.Info("No file events here; looking at the directory instead", "every", lookEvery, "cause", err.Error())
		return w
	}
	w.events = events
	return w
}

func (w *watcher) close() {
	if w.events != nil {
		_ = w.events.Close()
	}
}

// settle takes what is there now as known. New directories get events.
func (w *watcher) settle() {
	start := time.Now()
	tree := look(w.dirs)
	w.last, w.took = tree.fingerprint, time.Since(start)
	if w.events == nil {
		return
	}
	watched := map[string]bool{}
	for _, dir := range w.events.WatchList() {
		watched[dir] = true
	}
	for _, dir := range tree.dirs {
		if !watched[dir] {
			// Without events for it the directory is still looked at.
			_ = w.events.Add(dir)
		}
	}
}

// wait returns true when something has changed and the burst is over, false when
// the context ends.
func (w *watcher) wait(ctx context.Context) bool {
	var quiet, most <-chan time.Time
	next := time.NewTimer(max(lookEvery, lookShare*w.took))
	defer next.Stop()
	events, failures := w.channels()
	for {
		select {
		case <-ctx.Done():
			return false
		case e := <-events:
			if !matters(e) {
				continue
			}
			quiet = time.After(settleQuiet)
			if most == nil {
				most = time.After(settleMost)
			}
		case err := <-failures:
			w.log.V(1).Info("File events were lost", "cause", err.Error())
		case <-next.C:
			start := time.Now()
			if look(w.dirs).fingerprint != w.last {
				return true
			}
			next.Reset(max(lookEvery, lookShare*time.Since(start)))
		case <-quiet:
			return true
		case <-most:
			return true
		}
	}
}

func (w *watcher) channels() (<-chan fsnotify.Event, <-chan error) {
	if w.events == nil {
		return nil, nil
	}
	return w.events.Events, w.events.Errors
}

// matters leaves out what cannot change the manifests: permissions, and the
// files that editors keep beside the one that is edited. "..data" is the link
// by which a mounted ConfigMap changes.
func matters(e fsnotify.Event) bool {
	name := filepath.Base(e.Name)
	if e.Op == fsnotify.Chmod || strings.HasSuffix(name, "~") {
		return false
	}
	return !strings.HasPrefix(name, ".") || strings.HasPrefix(name, "..")
}
