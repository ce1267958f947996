package live

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fsnotify/fsnotify"
)

func TestMatters(t *testing.T) {
	for _, tc := range []struct {
		name string
		op   fsnotify.Op
		want bool
	}{
		{"offers.yaml", fsnotify.Write, true},
		{"offers.yaml", fsnotify.Create, true},
		{"offers.yaml", fsnotify.Remove, true},
		{"offers.yaml", fsnotify.Rename, true},
		{"offers.yaml", fsnotify.Chmod, false},
		{"offers.yaml", fsnotify.Chmod | fsnotify.Write, true},
		{"sub", fsnotify.Create, true},
		{"..data", fsnotify.Create, true},
		{".offers.yaml.swp", fsnotify.Write, false},
		{"offers.yaml~", fsnotify.Create, false},
		{".git", fsnotify.Create, false},
	} {
		if got := matters(fsnotify.Event{Name: filepath.Join("/config", tc.name), Op: tc.op}); got != tc.want {
			t.Errorf("%s of %s matters: %v", tc.op, tc.name, got)
		}
	}
}

func TestLook(t *testing.T) {
	dir := t.TempDir()
	put(t, "one", dir, "a.yaml")
	put(t, "one", dir, "sub", "b.yaml")
	last := look([]string{dir})
	if len(last.dirs) != 2 {
		t.Errorf("directories %v", last.dirs)
	}
	for _, step := range []struct {
		what    string
		change  func() error
		differs bool
	}{
		{"nothing", func() error { return nil }, false},
		{"longer", func() error { return os.WriteFile(filepath.Join(dir, "a.yaml"), []byte("longer"), 0o600) }, true},
		{"time", func() error { return os.Chtimes(filepath.Join(dir, "a.yaml"), time.Time{}, time.Unix(1e9, 1)) }, true},
		{"rename", func() error { return os.Rename(filepath.Join(dir, "a.yaml"), filepath.Join(dir, "c.yaml")) }, true},
		{"below", func() error { return os.Remove(filepath.Join(dir, "sub", "b.yaml")) }, true},
		{"new directory", func() error { return os.Mkdir(filepath.Join(dir, "new"), 0o700) }, true},
		{"hidden", func() error { return os.WriteFile(filepath.Join(dir, ".swp"), []byte("x"), 0o600) }, false},
		{"broken link", func() error { return os.Symlink("nowhere", filepath.Join(dir, "link")) }, false},
		{"circle", func() error { return os.Symlink(".", filepath.Join(dir, "circle")) }, true},
		{"gone", func() error { return os.RemoveAll(dir) }, true},
	} {
		if err := step.change(); err != nil {
			t.Fatal(err)
		}
		next := look([]string{dir})
		if (next.fingerprint != last.fingerprint) != step.differs {
			t.Errorf("%s: differs %v", step.what, !step.differs)
		}
		last = next
	}
	if last.fingerprint != look([]string{"/nonexistent"}).fingerprint {
		t.Error("what is gone differs from what was never there")
	}
}

// A file that is written in pieces is waited for, with events and without, but
// not for ever.
func TestWatcherSettles(t *testing.T) {
	for _, tc := range []struct {
		pieces int
		events bool
		whole  bool
	}{{8, true, true}, {24, false, true}, {1000, true, false}, {1000, false, false}} {
		t.Run(fmt.Sprintf("%d pieces, events %v", tc.pieces, tc.events), func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "a.yaml")
			synctest.Test(t, func(t *testing.T) {
				happened := make(chan fsnotify.Event)
				w := &watcher{dirs: []string{filepath.Dir(path)}, log: quiet(t)}
				if tc.events {
					w.happened = happened
				}
				w.settle()
				ctx, cancel := context.WithCancel(endless)
				defer cancel()
				written := 0
				go func() {
					for written < tc.pieces && ctx.Err() == nil {
						put(t, strings.Repeat("piece ", written+1), path)
						written++
						select {
						case happened <- fsnotify.Event{Name: path, Op: fsnotify.Write}:
						default:
						}
						pause(ctx, settleQuiet*3/4)
					}
				}()
				began := time.Now()
				if !w.wait(ctx, time.Time{}) {
					t.Fatal("no change was seen")
				}
				synctest.Wait()
				if got := written == tc.pieces; got != tc.whole {
					t.Errorf("after %s, %d of %d pieces were written", time.Since(began), written, tc.pieces)
				}
				if took := time.Since(began); took > lookEvery+settleMost+settleQuiet {
					t.Errorf("seen after %s", took)
				}
			})
		})
	}
}

// Events follow the path: a link, as deployments use it, may lead elsewhere
// later without an event of what it led to.
func TestWatcherFollowsALinkToADirectory(t *testing.T) {
	root := t.TempDir()
	dir := filepath.Join(root, "current")
	link := func(release string) {
		t.Helper()
		if err := os.Symlink(release, filepath.Join(root, "next")); err != nil {
			t.Fatal(err)
		}
		rename(t, filepath.Join(root, "next"), dir)
	}
	put(t, "one", root, "v1", "a.yaml")
	put(t, "two", root, "v2", "a.yaml.new")
	link("v1")
	w := newWatcher([]string{dir}, quiet(t))
	defer w.close()
	w.settle()
	ctx, cancel := context.WithTimeout(endless, 20*time.Second)
	defer cancel()
	link("v2")
	if !w.wait(ctx, time.Time{}) {
		t.Fatal("the other directory was not seen")
	}
	w.settle()
	w.took = time.Hour // no more looking
	put(t, "three", dir, "a.yaml")
	if !w.wait(ctx, time.Time{}) {
		t.Error("no events of the other directory")
	}
}

func TestWatcherEndsWithItsContext(t *testing.T) {
	w := newWatcher([]string{t.TempDir()}, quiet(t))
	defer w.close()
	w.settle()
	ctx, cancel := context.WithCancel(endless)
	cancel()
	if w.wait(ctx, time.Time{}) {
		t.Error("a change was seen")
	}
}
