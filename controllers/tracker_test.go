package controllers

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/waypost/waypost/api/snapshot"
)

// tracker is a stand-in for a tracker: it watches the manifest, fetches, verifies
// and decodes the shards, and says on its admin port what it serves.
type tracker struct {
	plant  *plant
	server *httptest.Server

	mu      sync.Mutex
	status  snapshot.Status
	records map[snapshot.Key]*snapshot.Record
	shards  map[string][]*snapshot.Record // by digest
	frozen  bool                          // loads nothing new
	silent  bool                          // does not answer
	loads   int
	stop    func()
}

// address reserves an address for a tracker that is started later.
func address(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().String()
}

// startTracker runs a tracker at an address until the test ends, or stop.
func (p *plant) startTracker(t *testing.T, address string) *tracker {
	t.Helper()
	k := &tracker{plant: p, records: map[snapshot.Key]*snapshot.Record{}, shards: map[string][]*snapshot.Record{}}
	k.status.SchemaVersions = snapshot.SupportedSchemas()
	listener, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	k.server = httptest.NewUnstartedServer(http.HandlerFunc(k.answer))
	_ = k.server.Listener.Close()
	k.server.Listener = listener
	k.server.Start()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); k.watch(ctx) }()
	var once sync.Once
	k.stop = func() {
		once.Do(func() {
			cancel()
			<-done
			k.server.CloseClientConnections()
			k.server.Close()
		})
	}
	t.Cleanup(k.stop)
	return k
}

func (k *tracker) answer(w http.ResponseWriter, r *http.Request) {
	k.mu.Lock()
	status, silent := k.status, k.silent
	k.mu.Unlock()
	if silent {
		<-r.Context().Done()
		return
	}
	_ = json.NewEncoder(w).Encode(status)
}

// set changes how the tracker behaves.
func (k *tracker) set(change func(k *tracker)) {
	k.mu.Lock()
	defer k.mu.Unlock()
	change(k)
}

// watch loads every manifest that it sees.
func (k *tracker) watch(ctx context.Context) {
	for ctx.Err() == nil {
		k.mu.Lock()
		frozen := k.frozen
		k.mu.Unlock()
		if !frozen {
			k.load(ctx)
		}
		select {
		case <-ctx.Done():
		case <-time.After(3 * time.Millisecond):
		}
	}
}

// load does what a tracker does with a manifest.
func (k *tracker) load(ctx context.Context) {
	object := new(corev1.ConfigMap)
	if err := k.plant.Get(ctx, client.ObjectKey{Namespace: k.plant.snapshots, Name: snapshot.ManifestName}, object); err != nil {
		return
	}
	m, err := snapshot.DecodeManifest([]byte(object.Data[snapshot.ManifestKey]))
	if err == nil {
		err = m.Verify(k.plant.trusted())
	}
	k.mu.Lock()
	have := k.status.Revision
	k.mu.Unlock()
	if m == nil || m.Revision <= have {
		return
	}
	if err != nil {
		k.set(func(k *tracker) { k.status.LastError, k.status.RejectedRevision = err.Error(), m.Revision })
		return
	}
	records := map[snapshot.Key]*snapshot.Record{}
	for _, ref := range m.Shards {
		content, err := k.shard(ctx, ref.Digest)
		if err != nil {
			k.set(func(k *tracker) { k.status.LastError, k.status.RejectedRevision = err.Error(), m.Revision })
			return
		}
		for _, r := range content {
			records[r.Key()] = r
		}
	}
	now := time.Now()
	k.set(func(k *tracker) {
		if k.frozen {
			return
		}
		k.records = records
		k.status.Revision, k.status.Digest, k.status.LoadedAt = m.Revision, m.Digest, &now
		k.status.LastError, k.status.RejectedRevision = "", 0
		k.loads++
	})
}

func (k *tracker) shard(ctx context.Context, digest string) ([]*snapshot.Record, error) {
	if records, ok := k.shards[digest]; ok {
		return records, nil
	}
	object := new(corev1.ConfigMap)
	if err := k.plant.Get(ctx, client.ObjectKey{Namespace: k.plant.snapshots, Name: snapshot.ShardName(digest)}, object); err != nil {
		return nil, fmt.Errorf("get shard: %w", err)
	}
	records, err := snapshot.DecodeShard(object.BinaryData[snapshot.ShardKey], digest)
	if err == nil {
		k.shards[digest] = records
	}
	return records, err
}

// revision returns what the tracker serves.
func (k *tracker) revision() int64 {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.status.Revision
}

// record returns what it serves of an object, nil for nothing.
func (k *tracker) record(kind snapshot.Kind, name string) *snapshot.Record {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, r := range k.records {
		if r.Kind == kind && r.Name == name && !r.Tombstone() {
			return r
		}
	}
	return nil
}

// title returns the title of an offer, "" when it is not served.
func (k *tracker) title(offer string) string {
	if r := k.record(snapshot.KindOffer, offer); r != nil {
		return r.Offer.Title
	}
	return ""
}

// offers counts the offers that it serves, without tombstones.
func (k *tracker) offers() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	n := 0
	for _, r := range k.records {
		if r.Kind == snapshot.KindOffer && !r.Tombstone() {
			n++
		}
	}
	return n
}
