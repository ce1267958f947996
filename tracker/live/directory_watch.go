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

// watcher reports when something below some directories has changed.
type watcher struct {
	dirs   []string
	log    logr.Logger
	events *fsnotify.Watcher // nil where the system has none
	// happened and failures are the channels of events, nil like it.
	happened <-chan fsnotify.Event
	failures <-chan error

	last   fingerprint
	took   time.Duration // to find last
	missed bool          // the last change came without an event
}

// newWatcher returns a watcher of dirs. Without events (no inotify, or its limit of
// instances reached) it only looks, which is logged once.
func newWatcher(dirs []string, log logr.Logger) *watcher {
	w := &watcher{dirs: dirs, log: log}
	events, err := fsnotify.NewWatcher()
	if err != nil {
		log.Info("No file events here; looking at the directory instead", "every", lookEvery, "cause", err.Error())
		return w
	}
	w.events, w.happened, w.failures = events, events.Events, events.Errors
	return w
}

// close ends the events; the watcher goes on looking.
func (w *watcher) close() {
	if w.events != nil {
		_ = w.events.Close()
		w.events, w.happened, w.failures = nil, nil, nil
	}
}

// settle takes what is there now as known. New directories get events.
func (w *watcher) settle() {
	start := time.Now()
	tree := look(w.dirs)
	w.last, w.took = tree.fingerprint, time.Since(start)
	if w.events != nil {
		w.subscribe(tree.dirs)
	}
}

// subscribe asks for the events of the directories. One that gets none is still
// looked at.
func (w *watcher) subscribe(dirs []string) {
	watched := map[string]bool{}
	for _, dir := range w.events.WatchList() {
		if w.missed {
			_ = w.events.Remove(dir) // it may be of a directory that another has replaced
			continue
		}
		watched[dir] = true
	}
	for _, dir := range dirs {
		if !watched[dir] {
			_ = w.events.Add(dir)
		}
	}
}

// wait returns true when something has changed and the burst is over, or when a moment
// has come (the zero time never does), false when the context ends.
//
// Events and looks complement each other. An event begins or prolongs a burst. A look
// finds changes without an event; the burst that it begins ends only when a further
// look finds no change, because no event would report one. A burst ends after
// settleMost in any case.
func (w *watcher) wait(ctx context.Context, moment time.Time) bool {
	look := time.NewTimer(max(lookEvery, lookShare*w.took))
	defer look.Stop()
	var due <-chan time.Time
	if !moment.IsZero() {
		due = time.After(max(lookEvery, time.Until(moment)))
	}
	w.missed = false
	var b burst
	for {
		select {
		case <-ctx.Done():
			return false
		case e := <-w.happened:
			if matters(e) {
				b.goesOn()
			}
		case err := <-w.failures:
			w.log.V(1).Info("File events were lost", "cause", err.Error())
		case <-look.C:
			if w.changed() && b.quiet == nil {
				w.missed = true
				b.goesOn()
			}
			look.Reset(max(lookEvery, lookShare*w.took))
		case <-b.quiet:
			if !w.missed || !w.changed() {
				return true
			}
			b.goesOn() // without events only looking shows whether a file is still written
		case <-b.most:
			return true
		case <-due:
			return true
		}
	}
}

// changed looks at the directories and reports whether they differ from when
// they were looked at last.
func (w *watcher) changed() bool {
	start := time.Now()
	was := w.last
	w.last = look(w.dirs).fingerprint
	w.took = time.Since(start)
	return w.last != was
}

// burst is a series of changes that belong together.
type burst struct {
	quiet <-chan time.Time // when it is over if nothing more comes
	most  <-chan time.Time // when it is not waited for any longer
}

// goesOn notes a change: the quiet begins anew, the end does not move.
func (b *burst) goesOn() {
	b.quiet = time.After(settleQuiet)
	if b.most == nil {
		b.most = time.After(settleMost)
	}
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
