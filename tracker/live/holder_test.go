package live

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/waypost/waypost/api/snapshot"
)

func TestApply(t *testing.T) {
	h := NewHolder(Options{Log: quiet(t)})
	if h.Current().Revision != 0 || title(h.Current()) != "" {
		t.Fatal("something is served before the first snapshot")
	}
	for revision, text := range []string{"", "one", "two"} {
		if revision == 0 {
			continue
		}
		if err := h.Apply(endless, update(t, int64(revision), titled(text)...)); err != nil {
			t.Fatal(err)
		}
		if got := title(h.Current()); got != text {
			t.Errorf("%q is served, want %q", got, text)
		}
	}
}

func TestApplyRefuses(t *testing.T) {
	missing := update(t, 6, titled("next")...)
	missing.Fetch = func(context.Context, snapshot.ShardRef) ([]byte, error) { return nil, errors.New("gone") }
	corrupt := update(t, 6, titled("next")...)
	corrupt.Fetch = func(context.Context, snapshot.ShardRef) ([]byte, error) { return []byte("garbage"), nil }
	for name, tc := range map[string]struct {
		update   Update
		reason   Reason
		rejected int64
		want     string
	}{
		"revision back":          {update(t, 4, titled("next")...), ReasonRevisionBack, 4, "does not go back"},
		"same revision, another": {update(t, 5, titled("next")...), ReasonRevisionBack, 5, "served already"},
		"missing shard":          {missing, ReasonMissingShard, 6, "gone"},
		"corrupt shard":          {corrupt, ReasonBadShard, 6, "corrupt shard"},
	} {
		t.Run(name, func(t *testing.T) {
			h := NewHolder(Options{Log: quiet(t)})
			if err := h.Apply(endless, update(t, 5, titled("good")...)); err != nil {
				t.Fatal(err)
			}
			was := h.Current()
			err := h.Apply(endless, tc.update)
			refusal, ok := errors.AsType[*Refusal](err)
			if !ok || refusal.Reason != tc.reason {
				t.Fatalf("%v, want reason %s", err, tc.reason)
			}
			if h.Current() != was {
				t.Error("the last good one is not served any more")
			}
			s := h.Status()
			if s.Revision != 5 || s.Reason != string(tc.reason) || s.RejectedRevision != tc.rejected || !strings.Contains(s.LastError, tc.want) {
				t.Errorf("status %+v, want %q", s, tc.want)
			}
			if ready, _ := h.Ready(); !ready {
				t.Error("what serves the last good one is not ready any more")
			}
			if got := gathered(t, h)[`waypost_snapshot_refusals_total{`+string(tc.reason)+`}`]; got != 1 {
				t.Errorf("counted %v times", got)
			}
			if err := h.Apply(endless, update(t, 7, titled("better")...)); err != nil {
				t.Fatal(err)
			}
			if s := h.Status(); s.LastError != "" || s.Reason != "" || s.RejectedRevision != 0 || s.Revision != 7 {
				t.Errorf("status after a good one: %+v", s)
			}
		})
	}
}

// The same revision again, after a reconnect, confirms what is served.
func TestApplyOfTheServedRevision(t *testing.T) {
	h := NewHolder(Options{Log: quiet(t)})
	u := update(t, 5, titled("good")...)
	if err := h.Apply(endless, u); err != nil {
		t.Fatal(err)
	}
	was := h.Current()
	h.Report(errors.New("connection refused"))
	if h.Status().Reason != string(ReasonUnreachable) {
		t.Errorf("status %+v", h.Status())
	}
	u.Fetch = nil // nothing may be fetched
	if err := h.Apply(endless, u); err != nil {
		t.Fatal(err)
	}
	if h.Current() != was || h.Status().LastError != "" {
		t.Errorf("status %+v", h.Status())
	}
}

// A process that ends has not refused anything.
func TestApplyWhileEnding(t *testing.T) {
	h := NewHolder(Options{Log: quiet(t)})
	ctx, cancel := context.WithCancel(endless)
	u := update(t, 1, titled("one")...)
	u.Fetch = func(ctx context.Context, _ snapshot.ShardRef) ([]byte, error) {
		cancel()
		return nil, ctx.Err()
	}
	if err := h.Apply(ctx, u); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	if s := h.Status(); s.LastError != "" {
		t.Errorf("status %+v", s)
	}
}

func TestLoadedIsCalledAfterEachSwap(t *testing.T) {
	var seen []int64
	h := NewHolder(Options{Log: quiet(t), Loaded: func(x *Index) { seen = append(seen, x.Revision) }})
	for _, revision := range []int64{1, 1, 3, 2} {
		_ = h.Apply(endless, update(t, revision, titled("same")...))
	}
	if len(seen) != 2 || seen[0] != 1 || seen[1] != 3 {
		t.Errorf("called with %v", seen)
	}
}

func TestStatusAsJSON(t *testing.T) {
	h := NewHolder(Options{Log: quiet(t)})
	check := func(want map[string]string) {
		t.Helper()
		data, err := json.Marshal(h.Status())
		if err != nil {
			t.Fatal(err)
		}
		var fields map[string]json.RawMessage
		if err := json.Unmarshal(data, &fields); err != nil {
			t.Fatal(err)
		}
		for name, value := range want {
			if string(fields[name]) != value {
				t.Errorf("%s is %s, want %s in %s", name, fields[name], value, data)
			}
		}
	}
	check(map[string]string{"revision": "0", "digest": `""`, "loadedAt": "null", "lastError": `""`, "schemaVersions": "[1]"})
	u := update(t, 12, titled("one")...)
	before := time.Now()
	if err := h.Apply(endless, u); err != nil {
		t.Fatal(err)
	}
	check(map[string]string{"revision": "12", "digest": `"` + u.Manifest.Digest + `"`, "lastError": `""`, "source": `"kubernetes"`})
	if at := h.Status().LoadedAt; at.Before(before.Add(-time.Second)) || at.Location() != time.UTC {
		t.Errorf("loaded at %s", at)
	}
	h.Report(refuse(ReasonNoManifest, 0, errors.New("nothing there")))
	check(map[string]string{"revision": "12", "lastError": `"no_manifest: nothing there"`, "reason": `"no_manifest"`})
}

func TestReadyWithTheCurrentRevision(t *testing.T) {
	h := NewHolder(Options{Log: quiet(t)})
	expectReady(t, h, "waiting for the first snapshot")
	h.Report(noManifest)
	expectReady(t, h, "is the operator running")
	u := update(t, 3, titled("one")...)
	fetch := u.Fetch
	u.Fetch = func(ctx context.Context, ref snapshot.ShardRef) ([]byte, error) {
		expectReady(t, h, "revision 3 is being loaded")
		return fetch(ctx, ref)
	}
	if err := h.Apply(endless, u); err != nil {
		t.Fatal(err)
	}
	expectReady(t, h, "")
	h.Report(errors.New("connection refused"))
	expectReady(t, h, "")
}

// expectReady checks readiness: ready for "", else not ready for a reason with want in it.
func expectReady(t *testing.T, h *Holder, want string) {
	t.Helper()
	ready, waitsFor := h.Ready()
	if ready != (want == "") || !strings.Contains(waitsFor, want) || ready && waitsFor != "" {
		t.Errorf("ready %v, %q; want %q", ready, waitsFor, want)
	}
}

// An empty snapshot is a snapshot.
func TestReadyWithAnEmptySnapshot(t *testing.T) {
	h := NewHolder(Options{Log: quiet(t)})
	if err := h.Apply(endless, update(t, 1)); err != nil {
		t.Fatal(err)
	}
	expectReady(t, h, "")
}

// trusted is what the tests believe.
var trusted = TrustKeys(publicKey(1))

// onDisk returns a directory with a copy of a revision 5.
func onDisk(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	d := NewDisk(dir, trusted)
	u := update(t, 5, titled("from disk")...)
	if err := d.put(endless, &diskWrite{manifest: u.Manifest, fetch: u.Fetch}); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestReadyWithACopyOnDisk(t *testing.T) {
	for name, tc := range map[string]struct {
		// source runs until it has said what it has to say.
		source func(sink Sink)
		at     time.Duration
		want   string
	}{
		"silent source, before 5 s":      {func(Sink) {}, 5*time.Second - 1, "the copy on disk (revision 5) counts after 5s"},
		"silent source, after 5 s":       {func(Sink) {}, 5 * time.Second, ""},
		"unreachable server, before 5 s": {func(s Sink) { s.Report(errors.New("connection refused")) }, 4 * time.Second, "connection refused"},
		"unreachable server, after 5 s":  {func(s Sink) { s.Report(errors.New("connection refused")) }, 5 * time.Second, ""},
		"served revision confirmed": {func(s Sink) {
			if err := s.Apply(endless, update(t, 5, titled("from disk")...)); err != nil {
				t.Error(err)
			}
		}, 0, ""},
		"older revision": {func(s Sink) { _ = s.Apply(endless, update(t, 4, titled("older")...)) }, time.Second, "does not go back"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := onDisk(t)
			synctest.Test(t, func(t *testing.T) {
				h := NewHolder(Options{Disk: NewDisk(dir, trusted), Log: quiet(t)})
				stop := start(t, h, sourceFunc(func(ctx context.Context, sink Sink) error {
					tc.source(sink)
					<-ctx.Done()
					return nil
				}))
				defer stop()
				synctest.Wait()
				if title(h.Current()) != "from disk" {
					t.Fatalf("%q is served", title(h.Current()))
				}
				time.Sleep(tc.at)
				synctest.Wait()
				expectReady(t, h, tc.want)
			})
		})
	}
}

// While the current revision is on its way the copy on disk does not count.
func TestReadyWhileTheCurrentRevisionLoads(t *testing.T) {
	const fetchTime = 4 * time.Second
	h := loadSlowly(t, fetchTime, 4*fetchTime, "revision 6 is being loaded")
	if title(h.Current()) != "current" {
		t.Errorf("%q is served in the end", title(h.Current()))
	}
}

// It does when nothing of it arrives any more.
func TestReadyWhileTheCurrentRevisionHangs(t *testing.T) {
	loadSlowly(t, time.Minute, diskCopyCounts-1, "revision 6 is being loaded")
	loadSlowly(t, time.Minute, diskCopyCounts, "")
}

// loadSlowly begins with a copy on disk and loads a revision of many shards, each
// of which takes a time. It expects readiness (see expectReady) at a moment, and
// returns the holder when the revision has been loaded.
func loadSlowly(t *testing.T, each, at time.Duration, want string) (h *Holder) {
	t.Helper()
	dir, u := onDisk(t), update(t, 6, titled("current", world(size{100, 1, 1})[1:]...)...)
	fetch := u.Fetch
	u.Fetch = func(ctx context.Context, ref snapshot.ShardRef) ([]byte, error) {
		time.Sleep(each)
		return fetch(ctx, ref)
	}
	synctest.Test(t, func(t *testing.T) {
		h = NewHolder(Options{Disk: NewDisk(dir, trusted), Log: quiet(t)})
		stop := start(t, h, sourceFunc(func(ctx context.Context, sink Sink) error {
			err := sink.Apply(ctx, u)
			<-ctx.Done()
			return err
		}))
		defer stop()
		time.Sleep(at)
		synctest.Wait()
		expectReady(t, h, want)
		time.Sleep(time.Hour)
		synctest.Wait()
		expectReady(t, h, "")
	})
	return h
}

func TestNotReadyWithoutAnything(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := NewHolder(Options{Log: quiet(t)})
		stop := start(t, h, sourceFunc(func(ctx context.Context, sink Sink) error {
			sink.Report(errors.New("connection refused"))
			<-ctx.Done()
			return nil
		}))
		defer stop()
		time.Sleep(time.Hour)
		synctest.Wait()
		expectReady(t, h, "connection refused")
	})
}

// Readers must always find a whole index while revisions are swapped in.
func TestReadersDuringSwaps(t *testing.T) {
	h := NewHolder(Options{Log: quiet(t)})
	var updates []Update
	for revision := range int64(30) {
		offer := offerRecord("shoes", "1001")
		text := strings.Repeat("x", int(revision)+1)
		offer.Offer.Title = text
		updates = append(updates, update(t, revision+1, titled(text, offer)...))
	}
	if err := h.Apply(endless, updates[0]); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	var readers sync.WaitGroup
	for range 2 {
		readers.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				x := h.Current()
				n := x.NetworkByHost("any.example")
				if o := n.Offer("1001"); o.Body.Title != n.Body.Title {
					t.Errorf("network says %q, offer %q", n.Body.Title, o.Body.Title)
					return
				}
				_, _ = h.Ready()
				_ = h.Status()
			}
		})
	}
	for _, u := range updates[1:] {
		if err := h.Apply(endless, u); err != nil {
			t.Fatal(err)
		}
	}
	close(done)
	readers.Wait()
}
