package live

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/waypost/waypost/api/snapshot"
)

// files loads a directory as the tests need it: the visible files' content,
// joined, is the served title.
func files(dir string) Load {
	return func(context.Context) (Loaded, error) {
		var all []string
		err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
			if err != nil || strings.HasPrefix(e.Name(), ".") {
				if e != nil && e.IsDir() && path != dir {
					return filepath.SkipDir
				}
				return err
			}
			info, err := os.Stat(path)
			if errors.Is(err, os.ErrNotExist) || err == nil && info.IsDir() {
				return nil
			}
			data, err := os.ReadFile(path)
			all = append(all, string(data))
			return err
		})
		return Loaded{Records: titled(strings.Join(all, "+"))}, err
	}
}

// put writes a file, making directories that lack.
func put(t testing.TB, content string, path ...string) {
	t.Helper()
	name := filepath.Join(path...)
	if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o700), os.WriteFile(name, []byte(content), 0o600)); err != nil {
		t.Fatal(err)
	}
}

// serves waits until the title is served.
func serves(t testing.TB, h *Holder, want string) {
	t.Helper()
	eventually(t, "serving "+want, func() bool { return title(h.Current()) == want })
}

// Every way in which files of a directory change, with events and without.
func TestDirectoryFollowsChanges(t *testing.T) {
	for name, change := range map[string]func(t *testing.T, dir string, h *Holder) (want string){
		"written in place": func(t *testing.T, dir string, h *Holder) string {
			put(t, "two", dir, "a.yaml")
			return "two"
		},
		"written in place, same length": func(t *testing.T, dir string, h *Holder) string {
			put(t, "ONE", dir, "a.yaml")
			return "ONE"
		},
		"renamed over, as editors do": func(t *testing.T, dir string, h *Holder) string {
			put(t, "two", dir, ".a.yaml.swp")
			rename(t, filepath.Join(dir, "a.yaml"), filepath.Join(dir, "a.yaml~"))
			rename(t, filepath.Join(dir, ".a.yaml.swp"), filepath.Join(dir, "a.yaml"))
			if err := os.Remove(filepath.Join(dir, "a.yaml~")); err != nil {
				t.Fatal(err)
			}
			return "two"
		},
		"removed": func(t *testing.T, dir string, h *Holder) string {
			put(t, "two", dir, "b.yaml")
			if err := os.Remove(filepath.Join(dir, "a.yaml")); err != nil {
				t.Fatal(err)
			}
			return "two"
		},
		"added in a new directory": func(t *testing.T, dir string, h *Holder) string {
			put(t, "two", dir, "sub", "deeper", "b.yaml")
			return "one+two"
		},
		"changed in a new directory": func(t *testing.T, dir string, h *Holder) string {
			put(t, "two", dir, "sub", "b.yaml")
			serves(t, h, "one+two")
			put(t, "three", dir, "sub", "b.yaml")
			return "one+three"
		},
		"directory replaced": func(t *testing.T, dir string, h *Holder) string {
			rename(t, dir, dir+".old")
			put(t, "two", dir, "a.yaml")
			return "two"
		},
		"directory replaced and changed": func(t *testing.T, dir string, h *Holder) string {
			rename(t, dir, dir+".old")
			put(t, "two", dir, "a.yaml")
			serves(t, h, "two")
			put(t, "three", dir, "a.yaml")
			return "three"
		},
	} {
		for _, events := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, events %v", name, events), func(t *testing.T) {
				t.Parallel()
				dir := filepath.Join(t.TempDir(), "config")
				put(t, "one", dir, "a.yaml")
				d := NewDirectory(files(dir), quiet(t), dir)
				d.noEvents = !events
				h := NewHolder(Options{Log: quiet(t)})
				start(t, h, d)
				serves(t, h, "one")
				if ready, _ := h.Ready(); !ready {
					t.Error("not ready")
				}
				serves(t, h, change(t, dir, h))
			})
		}
	}
}

func rename(t testing.TB, from, to string) {
	t.Helper()
	if err := os.Rename(from, to); err != nil {
		t.Fatal(err)
	}
}

// TestDirectoryFollowsTheClock compiles again, without a change of the files, when
// what was compiled said so.
func TestDirectoryFollowsTheClock(t *testing.T) {
	loads := 0
	h := NewHolder(Options{Log: quiet(t)})
	start(t, h, NewDirectory(func(context.Context) (Loaded, error) {
		loads++
		loaded := Loaded{Records: titled(fmt.Sprint("load ", loads))}
		if loads < 3 {
			loaded.Again = time.Now().Add(time.Millisecond)
		}
		return loaded, nil
	}, quiet(t), t.TempDir()))
	serves(t, h, "load 3")
}

// A mounted ConfigMap changes by a link: a.yaml -> ..data/a.yaml, ..data -> ..v1.
func TestDirectoryFollowsAMountedConfigMap(t *testing.T) {
	for _, events := range []bool{true, false} {
		t.Run(fmt.Sprintf("events %v", events), func(t *testing.T) {
			dir := t.TempDir()
			link := func(to, name string) {
				t.Helper()
				if err := os.Symlink(to, filepath.Join(dir, name)); err != nil {
					t.Fatal(err)
				}
			}
			put(t, "one", dir, "..v1", "a.yaml")
			link("..v1", "..data")
			link(filepath.Join("..data", "a.yaml"), "a.yaml")
			d := NewDirectory(files(dir), quiet(t), dir)
			d.noEvents = !events
			h := NewHolder(Options{Log: quiet(t)})
			start(t, h, d)
			serves(t, h, "one")
			for i, text := range []string{"two", "three"} {
				version := fmt.Sprintf("..v%d", i+2)
				put(t, text, dir, version, "a.yaml")
				link(version, "..data_tmp")
				rename(t, filepath.Join(dir, "..data_tmp"), filepath.Join(dir, "..data"))
				serves(t, h, text)
			}
		})
	}
}

// An edit has to be served within a second; it takes a fraction of that even
// where there are no events.
func TestDirectoryIsQuick(t *testing.T) {
	for _, events := range []bool{true, false} {
		t.Run(fmt.Sprintf("events %v", events), func(t *testing.T) {
			dir := t.TempDir()
			put(t, "0", dir, "a.yaml")
			d := NewDirectory(files(dir), quiet(t), dir)
			d.noEvents = !events
			h := NewHolder(Options{Log: quiet(t)})
			start(t, h, d)
			serves(t, h, "0")
			best := time.Hour
			for i := range 5 {
				edited := time.Now()
				put(t, fmt.Sprint(i+1), dir, "a.yaml")
				serves(t, h, fmt.Sprint(i+1))
				best = min(best, time.Since(edited))
			}
			t.Logf("events %v: best of 5: %s", events, best)
			if best > 700*time.Millisecond {
				t.Errorf("an edit takes %s", best)
			}
		})
	}
}

func TestDirectoryKeepsTheLastGood(t *testing.T) {
	dir := t.TempDir()
	put(t, "one", dir, "a.yaml")
	load := files(dir)
	h := NewHolder(Options{Log: quiet(t)})
	start(t, h, NewDirectory(func(ctx context.Context) (Loaded, error) {
		l, err := load(ctx)
		switch text := l.Records[0].NetworkBody.Title; text {
		case "unreadable":
			return Loaded{}, errors.New("a.yaml:1: cannot be read")
		case "partly":
			l.Problem = errors.New("a.yaml:3: offer hats: no such advertiser")
		case "too large":
			l.Records[0].NetworkBody.Title = strings.Repeat(text, 4<<20)
		}
		return l, err
	}, quiet(t), dir))
	serves(t, h, "one")
	one := h.Status()
	for text, want := range map[string]string{"unreadable": "a.yaml:1: cannot be read", "too large": "shard too large"} {
		put(t, text, dir, "a.yaml")
		eventually(t, text+" is refused", func() bool { return strings.Contains(h.Status().LastError, want) })
		if s := h.Status(); s.Revision != one.Revision || s.Reason != string(ReasonBadDirectory) || title(h.Current()) != "one" {
			t.Errorf("%s: status %+v", text, s)
		}
	}
	put(t, "partly", dir, "a.yaml")
	serves(t, h, "partly")
	eventually(t, "the problem is shown", func() bool { return strings.Contains(h.Status().LastError, "no such advertiser") })
	put(t, "two", dir, "a.yaml")
	serves(t, h, "two")
	eventually(t, "the problem is gone", func() bool { return h.Status().LastError == "" })
	if got := h.Status().Revision; got != one.Revision+2 {
		t.Errorf("revision %d, want two after %d", got, one.Revision)
	}
}

// Equal records have one digest, whether they come from a directory or a cluster,
// and make no new revision.
func TestDirectoryDigestIsTheClusters(t *testing.T) {
	records := world(size{40, 2, 3})
	h := NewHolder(Options{Log: quiet(t)})
	d := NewDirectory(nil, quiet(t))
	apply := func(records []*snapshot.Record) {
		t.Helper()
		u, err := d.update(h.Current(), records)
		if err != nil {
			t.Fatal(err)
		}
		if err := h.Apply(endless, u); err != nil {
			t.Fatal(err)
		}
	}
	apply(records)
	if want := update(t, 99, records...).Manifest.Digest; h.Current().Digest != want {
		t.Errorf("digest %s, in a cluster %s", h.Current().Digest, want)
	}
	apply(world(size{40, 2, 3})) // equal, other pointers
	if h.Current().Revision != 1 {
		t.Errorf("revision %d after loading the same again", h.Current().Revision)
	}
	apply(world(size{41, 2, 3}))
	apply(records)
	if s := h.Status(); s.Revision != 3 || s.Digest != update(t, 99, records...).Manifest.Digest {
		t.Errorf("after an edit and its reversal: %+v", s)
	}
}

// Records that are the same pointers are not encoded again.
func TestShardCacheEncodesWhatChanged(t *testing.T) {
	records := world(size{60, 1, 1})
	var c shardCache
	refs, _, err := c.encode(records)
	if err != nil {
		t.Fatal(err)
	}
	was := c.shards
	i := len(records) / 2
	changed := *records[i]
	changed.Generation++
	records[i] = &changed
	next, data, err := c.encode(records)
	if err != nil {
		t.Fatal(err)
	}
	encoded := 0
	for i := range was {
		if len(was[i].Data) > 0 && &was[i].Data[0] != &c.shards[i].Data[0] {
			encoded++
		}
	}
	if encoded != 1 || len(next) != len(refs) || len(data) != len(refs) {
		t.Errorf("%d shards encoded again, %d of %d refs", encoded, len(next), len(refs))
	}
	if refs, data, err = c.encode(nil); err != nil || len(refs) != 0 || len(data) != 0 {
		t.Errorf("of nothing: %v", err)
	}
}

// Whatever comes, goes and changes, in whatever order: the shards are those of the
// same records encoded for the first time.
func TestShardCacheIsAsNew(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	all := world(size{40, 2, 2})
	var c shardCache
	for round := range 60 {
		var records []*snapshot.Record
		for i, r := range all {
			switch random.IntN(10) {
			case 0: // is not there this time
				continue
			case 1:
				changed := *r
				changed.Generation++
				all[i], r = &changed, &changed
			}
			records = append(records, r)
		}
		if round%3 == 0 {
			random.Shuffle(len(records), func(i, j int) { records[i], records[j] = records[j], records[i] })
		} else {
			slices.SortFunc(records, func(a, b *snapshot.Record) int { return a.Key().Compare(b.Key()) })
		}
		got, _, err := c.encode(records)
		want, _, scratchErr := new(shardCache).encode(records)
		if err != nil || scratchErr != nil || !slices.Equal(got, want) {
			t.Fatalf("round %d: %d shards, from scratch %d, or others (%v, %v)", round, len(got), len(want), err, scratchErr)
		}
	}
}

// A process that continues from a copy on disk continues its revisions.
func TestDirectoryContinuesRevisions(t *testing.T) {
	dir, copyDir := t.TempDir(), onDisk(t)
	put(t, "from disk", dir, "a.yaml")
	h := NewHolder(Options{Disk: NewDisk(copyDir, TrustAll), Log: quiet(t)})
	start(t, h, NewDirectory(files(dir), quiet(t), dir))
	eventually(t, "ready", func() bool { ready, _ := h.Ready(); return ready })
	if s := h.Status(); s.Revision != 5 || s.Source != string(FromDirectory) {
		t.Errorf("status %+v", s)
	}
	put(t, "edited", dir, "a.yaml")
	serves(t, h, "edited")
	if s := h.Status(); s.Revision != 6 {
		t.Errorf("status %+v", s)
	}
}
