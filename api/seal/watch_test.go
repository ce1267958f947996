package seal

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// watching is a Watcher under test: each tick is one look, finished when the
// next one is taken.
type watching struct {
	ticks  chan time.Time
	rings  []*Keyring
	errs   []error
	cancel context.CancelFunc
	done   chan error
}

func watch(dir string) *watching {
	ctx, cancel := context.WithCancel(context.Background())
	w := &watching{ticks: make(chan time.Time), cancel: cancel, done: make(chan error, 1)}
	watcher := Watcher{
		Dir:      dir,
		Ticks:    w.ticks,
		OnChange: func(r *Keyring) { w.rings = append(w.rings, r) },
		OnError:  func(err error) { w.errs = append(w.errs, err) },
	}
	go func() { w.done <- watcher.Run(ctx) }()
	return w
}

// look makes the watcher look, and returns when it has: it takes the second tick
// only after the first one's look.
func (w *watching) look() {
	w.ticks <- time.Time{}
	w.ticks <- time.Time{}
}

// stop ends the watcher.
func (w *watching) stop(t *testing.T) {
	t.Helper()
	w.cancel()
	if err := <-w.done; err != nil {
		t.Error(err)
	}
}

func TestWatcherFollowsASecretMount(t *testing.T) {
	dir := t.TempDir()
	first := mustNew(t, start)
	mount(t, dir, "..v1", first)
	w := watch(dir)
	w.look()
	second := mustRotate(t, first, start)
	mount(t, dir, "..v2", second)
	w.look()
	w.look()
	w.stop(t)
	if len(w.rings) != 2 || len(w.errs) != 0 {
		t.Fatalf("%d rings and errors %v, want 2 rings", len(w.rings), w.errs)
	}
	if got := len(w.rings[1].Keys()); got != 2 {
		t.Errorf("the second ring has %d keys, want 2", got)
	}
}

func TestWatcherKeepsTheLastGoodRing(t *testing.T) {
	dir := t.TempDir()
	ring := mustNew(t, start)
	w := watch(dir)
	w.look() // no file yet
	if err := SaveDir(dir, ring); err != nil {
		t.Fatal(err)
	}
	w.look()
	if err := os.WriteFile(filepath.Join(dir, FileName), []byte("broken"), 0o600); err != nil {
		t.Fatal(err)
	}
	w.look()
	w.look()
	if err := SaveDir(dir, ring); err != nil {
		t.Fatal(err)
	}
	w.look()
	w.stop(t)
	if len(w.rings) != 1 {
		t.Errorf("%d rings, want 1: the same file is no change", len(w.rings))
	}
	if len(w.errs) != 2 {
		t.Errorf("errors %v, want one for the absent and one for the broken file", w.errs)
	}
}

// mount writes a ring the way a kubelet does: a new directory, and a symbolic
// link to it swapped by rename.
func mount(t *testing.T, dir, version string, ring *Keyring) {
	t.Helper()
	if err := SaveDir(filepath.Join(dir, version), ring); err != nil {
		t.Fatal(err)
	}
	data := filepath.Join(dir, "..data")
	if err := os.Symlink(version, data+"_tmp"); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(data+"_tmp", data); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(dir, FileName)
	if _, err := os.Lstat(link); err == nil {
		return
	}
	if err := os.Symlink(filepath.Join("..data", FileName), link); err != nil {
		t.Fatal(err)
	}
}
