package live

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/waypost/waypost/api/snapshot"
)

// digestOf is how shards are named.
func digestOf(content []byte) string { return fmt.Sprintf("sha256:%x", sha256.Sum256(content)) }

// countFetches counts the shards that are asked for.
func countFetches(data shardData, n *int) Fetch {
	var mu sync.Mutex
	return func(ctx context.Context, ref snapshot.ShardRef) ([]byte, error) {
		mu.Lock()
		*n++
		mu.Unlock()
		return data.fetch(ctx, ref)
	}
}

func TestLoadRefuses(t *testing.T) {
	records := world(size{50, 1, 1})
	swapped := func(m *snapshot.Manifest, data shardData) {
		a, b := m.Shards[0].Digest, m.Shards[1].Digest
		data[a], data[b] = data[b], data[a]
	}
	for name, tc := range map[string]struct {
		damage func(m *snapshot.Manifest, data shardData)
		reason Reason
		want   string
	}{
		"missing shard": {func(m *snapshot.Manifest, data shardData) { delete(data, m.Shards[3].Digest) }, ReasonMissingShard, "waypost-shard-"},
		"empty shard":   {func(m *snapshot.Manifest, data shardData) { data[m.Shards[3].Digest] = nil }, ReasonBadShard, "corrupt shard"},
		"flipped bit": {func(m *snapshot.Manifest, data shardData) {
			d := m.Shards[3].Digest
			data[d] = bytes.Clone(data[d])
			data[d][len(data[d])-1] ^= 1
		}, ReasonBadShard, "corrupt shard"},
		"shards swapped": {swapped, ReasonBadShard, "content has digest"},
		"wrong index": {func(m *snapshot.Manifest, data shardData) {
			m.Shards = m.Shards[:1]
			m.Shards[0].Index = (m.Shards[0].Index + 1) % snapshot.Shards
		}, ReasonBadShard, "belongs to shard"},
		"wrong number of records": {func(m *snapshot.Manifest, data shardData) { m.Shards[5].Records = 1 << 40 }, ReasonBadShard, "the manifest has"},
	} {
		t.Run(name, func(t *testing.T) {
			m, data := encoded(t, records)
			data = maps.Clone(data)
			tc.damage(m, data)
			x, err := Empty().load(endless, m, data.fetch, time.Now)
			if err == nil || x != nil || !strings.Contains(err.Error(), tc.want) {
				t.Fatalf("%v, want %q", err, tc.want)
			}
			if r := refuseShards(m.Revision, err); r.Reason != tc.reason || r.Revision != 1 {
				t.Errorf("reason %s of revision %d, want %s", r.Reason, r.Revision, tc.reason)
			}
		})
	}
}

// Records that are well formed but cannot be served from are refused with their name.
func TestLoadRefusesRecords(t *testing.T) {
	zone := networkRecord("default", 1)
	zone.NetworkBody.TimeZone = "Mars/Olympus"
	for name, tc := range map[string]struct {
		record *snapshot.Record
		want   string
	}{
		"time zone": {zone, "network default: time zone"},
		"sources":   {advertiserRecord("acme", "not-an-address"), "advertiser default/acme: postback source"},
	} {
		if _, err := Build(1, []*snapshot.Record{tc.record}); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, want %q", name, err, tc.want)
		}
	}
}

func TestLoadSurvivesAPanic(t *testing.T) {
	m, _ := encoded(t, world(size{1, 1, 1}))
	_, err := Empty().load(endless, m, func(context.Context, snapshot.ShardRef) ([]byte, error) { panic("defect") }, time.Now)
	if err == nil || !strings.Contains(err.Error(), "panic: defect") {
		t.Errorf("%v", err)
	}
}

func TestLoadEndsWithItsContext(t *testing.T) {
	m, _ := encoded(t, world(size{100, 1, 1}))
	ctx, cancel := context.WithCancel(endless)
	_, err := Empty().load(ctx, m, func(ctx context.Context, _ snapshot.ShardRef) ([]byte, error) {
		cancel()
		<-ctx.Done()
		return nil, ctx.Err()
	}, time.Now)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

// Shards are fetched several at a time, but not all at once.
func TestLoadFetchesInParallel(t *testing.T) {
	m, data := encoded(t, world(size{300, 1, 1}))
	if _, err := Empty().load(endless, m, data.fetch, time.Now); err != nil {
		t.Fatal(err) // also makes the decompressor, which outlives the bubble
	}
	synctest.Test(t, func(t *testing.T) {
		release, done := make(chan struct{}), make(chan error)
		var now atomic.Int64
		go func() {
			_, err := Empty().load(endless, m, func(ctx context.Context, ref snapshot.ShardRef) ([]byte, error) {
				now.Add(1)
				<-release
				return data.fetch(ctx, ref)
			}, time.Now)
			done <- err
		}()
		synctest.Wait()
		if n := now.Load(); n != parallelFetches {
			t.Errorf("%d fetches at once, want %d", n, parallelFetches)
		}
		close(release)
		if err := <-done; err != nil || now.Load() != int64(len(m.Shards)) {
			t.Errorf("%d fetches of %d, %v", now.Load(), len(m.Shards), err)
		}
	})
}

// A snapshot may become empty again.
func TestLoadOfNothing(t *testing.T) {
	before := index(t, world(size{50, 2, 2})...)
	m, err := snapshot.NewManifest(2, nil)
	if err != nil {
		t.Fatal(err)
	}
	after, err := before.load(endless, m, nil, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	empty := Empty()
	empty.Revision, empty.Digest = 2, m.Digest
	if diff := difference(dump(t, after), dump(t, empty)); diff != "" {
		t.Error(diff)
	}
	for _, s := range after.shards {
		if s.digest != "" || len(s.entries) > 0 {
			t.Fatal("a shard remains")
		}
	}
	if tables := after.tables; tables.goals.count+tables.payouts.count+tables.offersByName.count+tables.partnersByName.count > 0 {
		t.Errorf("tables keep %d goals, %d payouts", tables.goals.count, tables.payouts.count)
	}
}

// FuzzIndex builds indexes of arbitrary records behind digests that fit.
func FuzzIndex(f *testing.F) {
	unzip, err := zstd.NewReader(nil)
	if err != nil {
		f.Fatal(err)
	}
	zip, err := zstd.NewWriter(nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { unzip.Close(); _ = zip.Close() })
	_, data := encoded(f, world(size{30, 2, 4}))
	for _, compressed := range data {
		content, err := unzip.DecodeAll(compressed, nil)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(content)
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		shard := snapshot.Shard{Digest: digestOf(content), Data: zip.EncodeAll(content, nil)}
		records, err := snapshot.DecodeShard(shard.Data, shard.Digest)
		if err != nil || len(records) == 0 {
			return
		}
		m, err := snapshot.NewManifest(1, []snapshot.ShardRef{{
			Index: snapshot.ShardOf(records[0].Key()), Digest: shard.Digest, Records: len(records),
		}})
		if err != nil {
			t.Fatal(err)
		}
		x, err := Empty().load(endless, m, shardData{shard.Digest: shard.Data}.fetch, time.Now)
		if err != nil {
			if strings.Contains(err.Error(), "panic") {
				t.Fatal(err)
			}
			return
		}
		for _, n := range x.Networks() {
			for _, o := range n.Offers() {
				_, _, _ = o.Destination(), o.Fallback(), o.ImpressionDestinations()
				_ = fmt.Sprint(o.Goal("2"), o.GoalBySlug("x"), o.Goals())
			}
		}
		none, err := snapshot.NewManifest(2, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := x.load(endless, none, nil, time.Now); err != nil {
			t.Fatal(err)
		}
	})
}
