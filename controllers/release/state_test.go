package release

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/controllers/compile"
	"github.com/waypost/waypost/controllers/publish"
	"github.com/waypost/waypost/controllers/status"
	"github.com/waypost/waypost/controllers/trackers"
)

func seconds(s float64) time.Time { return noon.Add(time.Duration(s * float64(time.Second))) }

// bench is a State whose plans are carried out in memory.
type bench struct {
	*testing.T
	*State
	served      model
	revision    int64
	annotations map[string]string // of the manifest
}

func newBench(t *testing.T) *bench {
	return &bench{T: t, State: New(types.NamespacedName{Namespace: "snapshots", Name: "manifest"}), served: model{}}
}

// edit makes records wanted, in a network's worth of changes.
func (b *bench) edit(now time.Time, records ...*snapshot.Record) {
	b.Want(upsert(records...), time.Time{})
	b.Note(now)
}

// clear takes records away.
func (b *bench) clear(now time.Time, records ...*snapshot.Record) {
	var delta compile.Delta
	for _, r := range records {
		delta.Removed = append(delta.Removed, r.Key())
	}
	b.Want(delta, time.Time{})
	b.Note(now)
}

// step carries out what is due, and returns it.
func (b *bench) step(now time.Time, err error) Plan {
	b.Helper()
	p := b.Next(now)
	if p.Action == Compile {
		p = b.Publication(now, trackers.Sweep{})
	}
	o := Outcome{Err: err}
	if err == nil && (p.Action == Publish || p.Action == RollBack) {
		b.revision++
		b.served.take(p.Change.Contents)
		m := manifestOf(b.T, b.revision)
		m.Pinned = max(p.Change.Pinned, p.To)
		o.Result, o.Data = publish.Result{Manifest: m, Wrote: true}, dataOf(b.revision)
	}
	b.Finish(p, o, now)
	if o.Data != nil {
		b.show(b.annotations, now)
	}
	return p
}

func manifestOf(t *testing.T, revision int64) *snapshot.Manifest {
	t.Helper()
	m, err := snapshot.NewManifest(revision, nil)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func dataOf(revision int64) map[string]string {
	return map[string]string{"manifest": fmt.Sprint(revision)}
}

// show shows the manifest with these annotations.
func (b *bench) show(annotations map[string]string, now time.Time) {
	b.annotations = annotations
	object := &corev1.ConfigMap{Data: dataOf(b.revision)}
	object.Annotations = annotations
	b.Seen(object, now)
}

// offers are the offers of a network from first to last.
func offers(network string, first, last int) []*snapshot.Record {
	var all []*snapshot.Record
	for _, id := range ids(first, last) {
		all = append(all, offer(network, id, id, 1))
	}
	return all
}

// reasons are those of the notices since the last call.
func (b *bench) reasons() string {
	var all []string
	for _, n := range b.Notices() {
		all = append(all, n.Reason)
	}
	return strings.Join(all, " ")
}

// What is due, when, and what becomes of it: the events are those of an operator's day.
func TestPlans(t *testing.T) {
	b := newBench(t)
	failure := errors.New("connection reset")
	steps := []struct {
		name   string
		event  func(now time.Time)
		at     float64 // seconds
		err    error
		want   Action
		shards int
	}{
		{"the first one, without any record", func(time.Time) {}, 0, nil, Publish, 0},
		{"nothing to do", func(time.Time) {}, 1, nil, Nothing, 0},
		{"an edit when idle", func(now time.Time) { b.edit(now, offer("shop", "a", "1", 1)) }, 2, nil, Publish, 1},
		{"an edit soon after it waits", func(now time.Time) { b.edit(now, offer("shop", "a", "1", 2)) }, 2.01, nil, Nothing, 0},
		{"but not longer than 50 ms", func(time.Time) {}, 2.06, failure, Publish, 1},
		{"after a failure", func(time.Time) {}, 2.15, nil, Nothing, 0},
		{"again 100 ms after it", func(time.Time) {}, 2.161, failure, Publish, 1},
		{"then 200 ms", func(time.Time) {}, 2.35, nil, Nothing, 0},
		{"with the same content", func(time.Time) {}, 2.362, nil, Publish, 1},
		{"an edit that is taken back", func(now time.Time) {
			b.edit(now, offer("shop", "a", "1", 3))
			b.edit(now, offer("shop", "a", "1", 2))
		}, 3, nil, Nothing, 0},
		{"the manifest is as it was published", func(now time.Time) { b.show(nil, now) }, 4, nil, Nothing, 0},
		{"it is gone, but a watch may lag", func(now time.Time) { b.Seen(nil, now) }, 5, nil, Nothing, 0},
		{"it is compared", func(time.Time) {}, 6, publish.ErrLost, Verify, 0},
		{"and everything is written again", func(time.Time) {}, 6.11, nil, Publish, snapshot.Shards},
		{"a manifest that is back asks for nothing", func(time.Time) {}, 7, nil, Nothing, 0},
		{"unused shards are collected", func(time.Time) {}, 10, nil, Collect, 0},
		{"a shard was removed", func(now time.Time) { b.ShardRemoved(now) }, 20, nil, Nothing, 0},
		{"that is looked into soon", func(time.Time) {}, 21, nil, Collect, 0},
	}
	for _, s := range steps {
		s.event(seconds(s.at))
		p := b.step(seconds(s.at), s.err)
		if p.Action != s.want || len(p.Change.Contents) != s.shards {
			t.Fatalf("%s: %q of %d shards, want %q of %d", s.name, p.Action, len(p.Change.Contents), s.want, s.shards)
		}
	}
	if got := b.reasons(); got != "ManifestLost" {
		t.Errorf("notices %s", got)
	}
	if got := b.served[offer("shop", "a", "1", 0).Key()]; got.Generation != 2 {
		t.Errorf("served %+v", got)
	}
}

// Wake is never later than what Next has to do.
func TestWake(t *testing.T) {
	b := newBench(t)
	if got := b.Wake(noon); !got.Equal(noon) {
		t.Fatalf("the first publication is due at %v", got)
	}
	b.step(noon, nil)
	b.step(seconds(0.05), nil) // the manifest was seen
	if got := b.Wake(noon); !got.Equal(seconds(10)) {
		t.Errorf("unused shards are collected at %v", got)
	}
	b.Want(compile.Delta{}, seconds(5))
	if got := b.Wake(noon); !got.Equal(seconds(5)) {
		t.Errorf("records change at %v", got)
	}
	b.edit(seconds(0.1), offer("shop", "a", "1", 1))
	if got := b.Wake(seconds(0.1)); !got.Equal(seconds(0.15)) {
		t.Errorf("an edit is due at %v", got)
	}
}

// A held network keeps its published records and tells why; another one goes on.
func TestNetworksAreApart(t *testing.T) {
	b := newBench(t)
	network := status.Key{Kind: snapshot.KindNetwork, Namespace: "shop", Name: "example"}
	b.Network(network, nil, noon)
	b.edit(noon, append(offers("shop", 1, 30), offers("mall", 1, 30)...)...)
	b.step(noon, nil)
	b.show(nil, noon)
	b.Notices()

	b.clear(seconds(10), offers("shop", 1, 25)...)
	b.clear(seconds(10), offers("mall", 1, 5)...)
	b.step(seconds(10), nil)
	if len(b.served) != 30+25 {
		t.Fatalf("%d are served, want all of shop and 25 of mall", len(b.served))
	}
	gone := objectOf(offer("shop", "offer-001", "", 0))
	for key, want := range map[status.Key]status.Publication{network: status.Held, gone: status.Held, objectOf(offer("mall", "offer-030", "", 0)): status.Published} {
		if stage, _ := b.Stage(key); stage != want {
			t.Errorf("%v is at stage %v, want %v", key, stage, want)
		}
	}
	_, detail := b.Stage(gone)
	if !strings.Contains(detail, "remove 25 of 30 offers") || !strings.Contains(detail, "-n shop networks.waypost.dev/example waypost.dev/confirm-mass-deletion=") {
		t.Errorf("detail %q", detail)
	}
	if held, n := b.Held(); n != 1 || !slices.Equal(held, []status.Key{network}) {
		t.Errorf("held %v, %d", held, n)
	}
	if got := b.reasons(); got != "MassDeletionHeld" {
		t.Errorf("notices %s", got)
	}
	if p := b.step(seconds(11), nil); p.Action != NoteHolds || p.Held["shop"] != 0 || len(p.Held) != 1 {
		t.Fatalf("plan %+v, want the hold noted", p)
	}
	b.show(map[string]string{publish.AnnotationHeld: `{"shop":0}`}, seconds(11))

	token := detail[strings.LastIndex(detail, "=")+1:]
	b.Network(network, map[string]string{publish.AnnotationConfirm: token}, seconds(12))
	b.step(seconds(12), nil)
	if len(b.served) != 5+25 || b.reasons() != "MassDeletionReleased" {
		t.Errorf("%d are served after the confirmation", len(b.served))
	}
	if p := b.step(seconds(13), nil); p.Action != NoteHolds || len(p.Held) != 0 {
		t.Errorf("plan %+v, want the note taken back", p)
	}
}

// A hold ends, and with it the note of it, when the offers come back; also one
// that an earlier operator had noted.
func TestHoldEndsWithItsCause(t *testing.T) {
	b := newBench(t)
	b.Resume(publish.Previous{Manifest: manifestOf(t, 1), Records: offers("shop", 1, 30)}, dataOf(1), noon)
	b.revision = 1
	b.show(map[string]string{publish.AnnotationHeld: `{"shop":10,"gone":3}`}, noon)
	b.clear(noon, offers("shop", 1, 15)...)
	if p := b.step(noon, nil); p.Action != Nothing || !strings.Contains(b.heldBecause("shop"), "remove 25 of 40") {
		t.Fatalf("plan %+v, want shop held with the ten that went before", p)
	}
	if p := b.step(seconds(0.1), nil); p.Action != NoteHolds || !maps.Equal(p.Held, map[string]int{"shop": 10}) {
		t.Fatalf("plan %+v, want the network without a removal released", p)
	}
	b.edit(seconds(1), offers("shop", 1, 15)...)
	b.step(seconds(1), nil)
	if _, n := b.Held(); n != 0 {
		t.Fatal("held although the offers came back")
	}
	if p := b.step(seconds(1.1), nil); p.Action != NoteHolds || len(p.Held) != 0 {
		t.Errorf("plan %+v, want the note taken back", p)
	}
}

// The note of a hold is written once, and again when it was lost with the manifest.
func TestLostNote(t *testing.T) {
	b := newBench(t)
	b.Resume(publish.Previous{Manifest: manifestOf(t, 1), Records: offers("shop", 1, 30)}, dataOf(1), noon)
	b.revision = 1
	b.show(nil, noon)
	b.clear(noon, offers("shop", 1, 25)...)
	for i, want := range []Action{Nothing, NoteHolds, Nothing} {
		if p := b.step(seconds(float64(i)/100), nil); p.Action != want {
			t.Fatalf("plan %d is %+v, want %q", i, p, want)
		}
	}
	b.Finish(Plan{Action: Verify}, Outcome{Err: publish.ErrLost}, seconds(1))
	for i, want := range []Action{Publish, NoteHolds} {
		if p := b.step(seconds(2+float64(i)), nil); p.Action != want {
			t.Fatalf("plan %d after the loss is %+v, want %q", i, p, want)
		}
	}
}

// A rollback pins what it publishes until it is released; edits wait meanwhile.
func TestRollback(t *testing.T) {
	b := newBench(t)
	a := offer("shop", "a", "1", 1)
	request := func(to string, now time.Time) {
		b.show(map[string]string{publish.AnnotationRollback: to}, now)
	}
	b.edit(noon, a)
	b.step(noon, nil)
	b.Notices()
	request("99", seconds(1))
	if p := b.step(seconds(1), fmt.Errorf("rollback: %w", publish.ErrNotRetained)); p.Action != RollBack || p.To != 99 {
		t.Fatalf("plan %+v", p)
	}
	if p := b.step(seconds(2), nil); p.Action != Nothing {
		t.Errorf("plan %+v, want a refused rollback not to be repeated", p)
	}
	request("1", seconds(3))
	if p := b.step(seconds(3), nil); p.Action != RollBack || p.To != 1 {
		t.Fatalf("plan %+v", p)
	}
	b.edit(seconds(4), offer("shop", "a", "1", 2))
	if p := b.step(seconds(4), nil); p.Action != Nothing {
		t.Errorf("plan %+v although a revision is pinned", p)
	}
	if stage, detail := b.Stage(objectOf(a)); stage != status.Pinned || !strings.Contains(detail, "revision 1 is pinned") {
		t.Errorf("stage %v: %s", stage, detail)
	}
	request("soon", seconds(5))
	if p := b.step(seconds(5), nil); p.Action != Nothing {
		t.Errorf("plan %+v for a request that is no revision", p)
	}
	b.show(nil, seconds(6))
	if p := b.step(seconds(6), nil); p.Action != Publish || b.served[a.Key()].Generation != 2 || p.Change.Pinned != 0 {
		t.Errorf("plan %+v, want what waited published", p)
	}
	if got := b.reasons(); got != "RollbackRefused RolledBack RequestNotUnderstood" {
		t.Errorf("notices %s", got)
	}
}

// What trackers report matters where they are ahead of the published revision, or
// cannot load it; a complaint is heeded twice a minute.
func TestHeed(t *testing.T) {
	b := newBench(t)
	b.step(noon, nil)
	answers := func(s snapshot.Status) trackers.Sweep {
		return trackers.Sweep{Trackers: []trackers.Tracker{{Name: "a", Status: s}}}
	}
	if b.Heed(answers(snapshot.Status{Revision: 1}), seconds(1)) || b.step(seconds(1), nil).Action != Nothing {
		t.Error("a tracker that serves what is published is cause for something")
	}
	ahead := answers(snapshot.Status{Revision: 900})
	if b.Heed(ahead, seconds(2)) || b.Next(seconds(2)).Action != Compile {
		t.Fatal("a tracker that is ahead is cause for nothing")
	}
	if p := b.Publication(seconds(2), ahead); p.Action != Publish || p.Change.Floor != 900 || p.Change.InUse != 900 {
		t.Errorf("plan %+v", p)
	}
	complaint := answers(snapshot.Status{RejectedRevision: 1, LastError: "a shard is missing"})
	for _, tt := range []struct {
		at    float64
		doubt bool
	}{{40, true}, {69, false}, {71, true}} {
		if got := b.Heed(complaint, seconds(tt.at)); got != tt.doubt {
			t.Errorf("doubt at %v s: %v", tt.at, got)
		}
	}
}

// A manifest that looks different is looked into, but not at once: a watch lags.
func TestDoubtful(t *testing.T) {
	published := map[string]string{snapshot.ManifestKey: `{"revision":9,"signature":"AAAA"}`, "history.json": "[]"}
	object := func(change func(data map[string]string)) *corev1.ConfigMap {
		data := maps.Clone(published)
		change(data)
		return &corev1.ConfigMap{Data: data}
	}
	tests := []struct {
		name     string
		object   *corev1.ConfigMap
		doubtful bool
	}{
		{"the published one", object(func(map[string]string) {}), false},
		{"an older one", object(func(d map[string]string) { d[snapshot.ManifestKey] = `{"revision":8,"signature":"AAAA"}` }), true},
		{"another signature", object(func(d map[string]string) { d[snapshot.ManifestKey] = `{"revision":9,"signature":"AAAB"}` }), true},
		{"another history", object(func(d map[string]string) { d["history.json"] = "" }), true},
		{"no manifest", &corev1.ConfigMap{}, true},
		{"gone", nil, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := New(types.NamespacedName{})
			if !s.seen.doubtful(published).IsZero() {
				t.Error("doubtful before anything was seen")
			}
			s.Seen(tt.object, noon)
			if got := s.seen.doubtful(published); got.IsZero() == tt.doubtful || tt.doubtful && !got.Equal(noon.Add(watchLag)) {
				t.Errorf("doubtful at %v", got)
			}
			if !s.seen.doubtful(nil).IsZero() {
				t.Error("doubtful although nothing was published")
			}
		})
	}
}
