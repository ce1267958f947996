package live

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/waypost/waypost/api/snapshot"
)

// serveFrom returns a holder that was started on what is in dir, with a source
// that says nothing.
func serveFrom(t *testing.T, dir string) *Holder {
	t.Helper()
	h := NewHolder(Options{Disk: NewDisk(dir, trusted), Log: quiet(t)})
	stop := start(t, h, sourceFunc(func(ctx context.Context, _ Sink) error { <-ctx.Done(); return nil }))
	eventually(t, "the copy is read", func() bool {
		s := h.Status()
		return s.Revision > 0 || s.LastError != "" || !exists(filepath.Join(dir, diskManifest))
	})
	stop()
	return h
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// What was applied is there after a restart, for each of several revisions.
func TestDiskKeepsWhatIsServed(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "made", "when", "needed")
	for revision := int64(1); revision <= 3; revision++ {
		records := titled(strings.Repeat("x", int(revision)), world(size{int(revision) * 10, 1, 1})[1:]...)
		h := NewHolder(Options{Disk: NewDisk(dir, trusted), Log: quiet(t)})
		stop := start(t, h, sourceFunc(func(ctx context.Context, sink Sink) error {
			if sink.Current().Revision != revision-1 {
				t.Errorf("began with revision %d, want %d", sink.Current().Revision, revision-1)
			}
			return sink.Apply(ctx, update(t, revision, records...))
		}))
		eventually(t, "the revision is served", func() bool { return h.Current().Revision == revision })
		stop()
		files, err := os.ReadDir(filepath.Join(dir, diskShards))
		if err != nil {
			t.Fatal(err)
		}
		if want := len(update(t, revision, records...).Manifest.Shards); len(files) != want {
			t.Errorf("revision %d: %d shards on disk, want %d", revision, len(files), want)
		}
		restarted := serveFrom(t, dir)
		if diff := difference(dump(t, restarted.Current()), dump(t, h.Current())); diff != "" {
			t.Errorf("revision %d after a restart: %s", revision, diff)
		}
		if s := restarted.Status(); s.Source != string(FromDisk) {
			t.Errorf("status %+v", s)
		}
	}
}

// Only shards that changed are written.
func TestDiskWritesWhatChanged(t *testing.T) {
	dir := t.TempDir()
	d := NewDisk(dir, trusted)
	one := update(t, 1, titled("one", world(size{100, 1, 1})[1:]...)...)
	if err := d.put(endless, &diskWrite{manifest: one.Manifest, fetch: one.Fetch}); err != nil {
		t.Fatal(err)
	}
	two := update(t, 2, titled("two", world(size{100, 1, 1})[1:]...)...)
	fetched := 0
	data := func(ctx context.Context, ref snapshot.ShardRef) ([]byte, error) {
		fetched++
		return two.Fetch(ctx, ref)
	}
	if err := d.put(endless, &diskWrite{manifest: two.Manifest, fetch: data}); err != nil {
		t.Fatal(err)
	}
	if fetched != 1 {
		t.Errorf("%d shards written for one that changed", fetched)
	}
	if got := title(serveFrom(t, dir).Current()); got != "two" {
		t.Errorf("%q is on disk", got)
	}
}

// Whatever is wrong with the copy, it is not served, said why, and replaced by
// what comes next.
func TestDiskRefusesADamagedCopy(t *testing.T) {
	shard := func(dir string) string {
		files, err := filepath.Glob(filepath.Join(dir, diskShards, "*"))
		if err != nil || len(files) == 0 {
			t.Fatal("no shard on disk")
		}
		return files[0]
	}
	write := func(path string, data []byte) {
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	resign := func(dir string, change func(m *snapshot.Manifest)) {
		u := update(t, 5, titled("from disk")...)
		change(u.Manifest)
		data, err := u.Manifest.Encode()
		if err != nil {
			t.Fatal(err)
		}
		write(filepath.Join(dir, diskManifest), data)
	}
	for name, tc := range map[string]struct {
		damage func(dir string)
		want   string
	}{
		"manifest empty":    {func(dir string) { write(filepath.Join(dir, diskManifest), nil) }, "corrupt manifest"},
		"manifest too long": {func(dir string) { write(filepath.Join(dir, diskManifest), make([]byte, snapshot.MaxManifestBytes+1)) }, "larger than"},
		"manifest unsigned": {func(dir string) { resign(dir, func(m *snapshot.Manifest) { m.Signature = nil }) }, "is not signed"},
		"another key": {func(dir string) {
			resign(dir, func(m *snapshot.Manifest) { _ = m.Sign(testKey(2)) })
		}, "none of the 1 trusted keys"},
		"revision changed": {func(dir string) { resign(dir, func(m *snapshot.Manifest) { m.Revision = 99 }) }, "changed since"},
		"manifest is a directory": {func(dir string) {
			path := filepath.Join(dir, diskManifest)
			if err := errors.Join(os.Remove(path), os.Mkdir(path, 0o700)); err != nil {
				t.Fatal(err)
			}
		}, "is a directory"},
		"shard missing":   {func(dir string) { _ = os.Remove(shard(dir)) }, "no such file"},
		"shard truncated": {func(dir string) { write(shard(dir), []byte{1, 2}) }, "corrupt shard"},
		"shard too long":  {func(dir string) { write(shard(dir), make([]byte, snapshot.MaxShardBytes+1)) }, "larger than"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := onDisk(t)
			tc.damage(dir)
			h := serveFrom(t, dir)
			s := h.Status()
			if s.Revision != 0 || s.Reason != string(ReasonBadDisk) && s.Reason != string(ReasonBadShard) && s.Reason != string(ReasonMissingShard) || !strings.Contains(s.LastError, tc.want) {
				t.Fatalf("status %+v, want an error with %q", s, tc.want)
			}
			if name == "manifest is a directory" {
				return
			}
			u := update(t, 6, titled("fresh")...)
			next := NewHolder(Options{Disk: NewDisk(dir, trusted), Log: quiet(t)})
			stop := start(t, next, sourceFunc(func(ctx context.Context, sink Sink) error { return sink.Apply(ctx, u) }))
			eventually(t, "the next revision is served", func() bool { return next.Current().Revision == 6 })
			stop()
			if got := title(serveFrom(t, dir).Current()); got != "fresh" {
				t.Errorf("%q is served after the damage was written over", got)
			}
		})
	}
}

// A crash leaves half written files and shards that no manifest names yet.
func TestDiskAfterACrash(t *testing.T) {
	dir := onDisk(t)
	leftovers := []string{filepath.Join(dir, diskShards, diskTemp+"123"), filepath.Join(dir, diskShards, strings.Repeat("0", 64))}
	for _, path := range leftovers {
		if err := os.WriteFile(path, []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if got := title(serveFrom(t, dir).Current()); got != "from disk" {
		t.Fatalf("%q is served", got)
	}
	u := update(t, 6, titled("next")...)
	if err := NewDisk(dir, trusted).put(endless, &diskWrite{manifest: u.Manifest, fetch: u.Fetch}); err != nil {
		t.Fatal(err)
	}
	for _, path := range leftovers {
		if exists(path) {
			t.Errorf("%s is still there", path)
		}
	}
}

// If a write fails part way, what was there before is still whole.
func TestDiskKeepsTheOldCopyUntilTheNewOneIsWhole(t *testing.T) {
	dir := onDisk(t)
	u := update(t, 6, titled("next", world(size{50, 1, 1})[1:]...)...)
	fetches := 0
	failing := func(ctx context.Context, ref snapshot.ShardRef) ([]byte, error) {
		if fetches++; fetches == 20 {
			return nil, errors.New("the server went away")
		}
		return u.Fetch(ctx, ref)
	}
	err := NewDisk(dir, trusted).put(endless, &diskWrite{manifest: u.Manifest, fetch: failing})
	if err == nil || !strings.Contains(err.Error(), "went away") {
		t.Fatalf("%v", err)
	}
	if got := title(serveFrom(t, dir).Current()); got != "from disk" {
		t.Errorf("%q is served", got)
	}
}

// A copy that could not be written is tried again without a new revision.
func TestDiskTriesAgain(t *testing.T) {
	parent := t.TempDir()
	blocker := filepath.Join(parent, "copy")
	if err := os.WriteFile(blocker, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	u := update(t, 1, titled("one")...)
	synctest.Test(t, func(t *testing.T) {
		h := NewHolder(Options{Disk: NewDisk(filepath.Join(blocker, "in a file"), trusted), Log: quiet(t)})
		stop := start(t, h, sourceFunc(func(ctx context.Context, sink Sink) error {
			_ = sink.Apply(ctx, u)
			<-ctx.Done()
			return nil
		}))
		defer stop()
		synctest.Wait()
		if title(h.Current()) != "one" {
			t.Error("a disk that cannot be written keeps a revision from being served")
		}
		if err := os.Remove(blocker); err != nil {
			t.Fatal(err)
		}
		time.Sleep(writeRetry + time.Second)
		synctest.Wait()
		if !exists(filepath.Join(blocker, "in a file", diskManifest)) {
			t.Error("not written after the obstacle was gone")
		}
	})
}

// Of revisions that come faster than the disk takes them the last is written,
// with the shards that came with those before it.
func TestDiskSaveCoalesces(t *testing.T) {
	d := NewDisk(t.TempDir(), trusted)
	base := world(size{20, 1, 1})[1:]
	known := map[string]bool{}
	for revision := int64(1); revision <= 5; revision++ {
		u := update(t, revision, titled(strings.Repeat("x", int(revision)), base...)...)
		fresh := shardData{}
		for _, ref := range u.Manifest.Shards {
			if data, err := u.Fetch(endless, ref); err != nil {
				t.Fatal(err)
			} else if !known[ref.Digest] {
				fresh[ref.Digest], known[ref.Digest] = data, true
			}
		}
		d.save(u.Manifest, fresh, shardData{}.fetch)
	}
	ctx, cancel := context.WithCancel(endless)
	cancel()
	d.write(ctx, quiet(t)) // an ending process still writes what waits
	if got := title(serveFrom(t, d.dir).Current()); got != "xxxxx" {
		t.Errorf("%q is on disk", got)
	}
}

func TestDiskRecords(t *testing.T) {
	records, err := NewDisk(t.TempDir(), TrustAll).Records(endless)
	if err != nil || records != nil {
		t.Errorf("of nothing: %v, %v", records, err)
	}
	dir := onDisk(t)
	records, err = NewDisk(dir, TrustAll).Records(endless)
	if err != nil || len(records) != 1 || records[0].NetworkBody.Title != "from disk" {
		t.Errorf("%v, %v", records, err)
	}
	if _, err := NewDisk(dir, TrustKeys()).Records(endless); !errors.Is(err, snapshot.ErrSignature) {
		t.Errorf("untrusted: %v", err)
	}
	if err := os.RemoveAll(filepath.Join(dir, diskShards)); err != nil {
		t.Fatal(err)
	}
	if _, err := NewDisk(dir, TrustAll).Records(endless); err == nil {
		t.Error("without shards: no error")
	}
}

// Revisions that come one after the other cost one copy more, of the last of them, and
// an end does not wait for it.
func TestDiskPausesBetweenCopies(t *testing.T) {
	updates := []Update{update(t, 1, titled("one")...), update(t, 2, titled("two")...), update(t, 3, titled("three")...), update(t, 4, titled("four")...)}
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		d := NewDisk(dir, trusted)
		apply := make(chan Update)
		h := NewHolder(Options{Disk: d, Log: quiet(t)})
		stop := start(t, h, sourceFunc(func(ctx context.Context, sink Sink) error {
			for {
				select {
				case u := <-apply:
					if err := sink.Apply(ctx, u); err != nil {
						t.Error(err)
					}
				case <-ctx.Done():
					return nil
				}
			}
		}))
		copied := func(want string) {
			t.Helper()
			synctest.Wait()
			if got := title(serveFrom(t, dir).Current()); got != want {
				t.Errorf("%q is on disk, want %q", got, want)
			}
		}
		apply <- updates[0]
		copied("one")
		apply <- updates[1]
		apply <- updates[2]
		copied("one")
		time.Sleep(writePause)
		copied("three")
		apply <- updates[3]
		copied("three")
		stop()
		copied("four")
	})
}
