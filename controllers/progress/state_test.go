package progress

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/api/v1alpha1"
	"github.com/waypost/waypost/controllers/compile"
	"github.com/waypost/waypost/controllers/status"
	"github.com/waypost/waypost/controllers/trackers"
)

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

func seconds(s float64) time.Time { return noon.Add(time.Duration(s * float64(time.Second))) }

func key(name string) status.Key {
	return status.Key{Kind: snapshot.KindOffer, Namespace: "shop", Name: name}
}

// bench is a State with verdicts and stages that a test sets.
type bench struct {
	*State
	verdicts map[status.Key]compile.Verdict
	stages   map[status.Key]status.Publication // Published where there is none
	revision int64
}

func newBench() *bench {
	b := &bench{verdicts: map[status.Key]compile.Verdict{}, stages: map[status.Key]status.Publication{}}
	b.State = New(func(key status.Key) (compile.Verdict, bool) { v, ok := b.verdicts[key]; return v, ok })
	return b
}

// edit makes the next generation of an object known.
func (b *bench) edit(name string, generation int64, now time.Time) {
	offer := &v1alpha1.Offer{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: name, UID: types.UID(name), Generation: generation}}
	b.Changed(key(name), offer, false, now)
}

// judge lets the compiler judge a generation of an object.
func (b *bench) judge(name string, generation int64, accepted bool, now time.Time) {
	ok := compile.Condition{Status: metav1.ConditionTrue}
	v := compile.Verdict{
		Kind: snapshot.KindOffer, Network: "shop", Name: name, UID: name, Generation: generation,
		Accepted: ok, ResolvedRefs: ok, Served: true, ServedGeneration: generation, Current: true,
	}
	if !accepted {
		v.Accepted, v.Current = compile.Condition{Status: metav1.ConditionFalse, Reason: v1alpha1.ReasonUnknownMacro}, false
	}
	b.verdicts[key(name)] = v
	b.Judged([]compile.Verdict{v}, now)
}

// publish publishes what may be published as the next revision.
func (b *bench) publish() {
	b.revision++
	b.Published(&snapshot.Manifest{Revision: b.revision})
	b.settle()
}

func (b *bench) settle() {
	b.Settle(func(key status.Key) (status.Publication, string) {
		if stage, ok := b.stages[key]; ok {
			return stage, "because"
		}
		return status.Published, ""
	})
}

// serve is a sweep of one tracker for each revision.
func serve(revisions ...int64) trackers.Sweep {
	var s trackers.Sweep
	for _, r := range revisions {
		s.Trackers = append(s.Trackers, trackers.Tracker{Status: snapshot.Status{Revision: r}})
	}
	return s
}

// told returns the outcomes since the last call as text, in the order of names.
func (b *bench) told() string {
	var all []string
	for o := range b.Outcomes() {
		word := fmt.Sprintf("%s/%d", o.Name, o.Facts.Generation)
		switch f := o.Facts; {
		case !f.Judged:
			word += " unjudged"
		case !f.Accepted.OK():
			word += " refused"
		case f.Publication == status.Published && f.Propagation.Complete:
			word += " served"
		case f.Publication == status.Published && f.Propagation.Overdue:
			word += fmt.Sprintf(" overdue %d of %d", f.Propagation.Acked, f.Propagation.Trackers)
		case f.Publication == status.Published:
			word += fmt.Sprintf(" on %d of %d", f.Propagation.Acked, f.Propagation.Trackers)
		default:
			word += " " + map[status.Publication]string{
				status.Unpublished: "unpublished", status.Failed: "failed", status.Held: "held", status.Pinned: "pinned",
			}[f.Publication]
		}
		all = append(all, word)
	}
	slices.Sort(all)
	return strings.Join(slices.Compact(all), ", ")
}

// One edit after another: what is told, at which event.
func TestProgress(t *testing.T) {
	type event struct {
		name string
		do   func(b *bench)
		want string
	}
	set := func(name string) event {
		return event{"set out", func(b *bench) { b.edit(name, 1, noon); b.judge(name, 1, true, noon); b.publish() }, ""}
	}
	ack := func(want string, revisions ...int64) event {
		return event{"acknowledged", func(b *bench) { b.Acknowledge(serve(revisions...), noon) }, want}
	}
	tests := []struct {
		name   string
		events []event
	}{
		{"an edit that is served at once", []event{set("a"), ack("a/1 served", 1), ack("", 1)}},
		{"one of two trackers is behind", []event{set("a"), ack("", 0, 1), ack("a/1 served", 1, 1)}},
		{"acknowledged in the order of revisions", []event{set("a"), set("b"), ack("a/1 served", 1), ack("b/1 served", 2)}},
		{"a later revision has all of them", []event{set("a"), set("b"), ack("a/1 served, b/1 served", 7)}},
		{"published in a revision that is served", []event{set("a"), ack("a/1 served", 1), {"again", func(b *bench) {
			b.edit("a", 2, noon)
			b.judge("a", 2, true, noon)
			b.settle()
		}, "a/2 served"}}},
		{"edited again while it is under way", []event{set("a"), {"edit", func(b *bench) { b.edit("a", 2, noon) }, ""}, ack("", 1), {"judged", func(b *bench) {
			b.judge("a", 2, true, noon)
			b.publish()
		}, ""}, ack("", 1), ack("a/2 served", 2)}},
		{"refused", []event{{"judged", func(b *bench) { b.edit("a", 1, noon); b.judge("a", 1, false, noon); b.settle() }, "a/1 refused"}, ack("", 1)}},
		{"deleted under way", []event{set("a"), {"gone", func(b *bench) { b.Gone(key("a")) }, ""}, ack("", 1)}},
		{"recreated under way", []event{set("a"), {"gone", func(b *bench) { b.Gone(key("a")); b.edit("a", 1, noon) }, ""}, ack("", 1)}},
		{"held, then confirmed", []event{{"held", func(b *bench) {
			b.stages[key("a")] = status.Held
			b.edit("a", 1, noon)
			b.judge("a", 1, true, noon)
			b.settle()
			b.settle()
		}, "a/1 held"}, {"confirmed", func(b *bench) { delete(b.stages, key("a")); b.publish() }, ""}, ack("a/1 served", 1)}},
		{"rolled back, then released", []event{set("a"), ack("a/1 served", 1), {"rolled back", func(b *bench) {
			b.stages[key("a")] = status.Pinned
			b.Reopen([]status.Key{key("a"), key("unknown")}, true)
			b.publish()
		}, "a/1 pinned"}, {"released", func(b *bench) { delete(b.stages, key("a")); b.publish() }, ""}, ack("a/1 served", 3)}},
		{"publication fails for long", []event{{"failed", func(b *bench) {
			b.stages[key("a")] = status.Unpublished
			b.edit("a", 1, noon)
			b.judge("a", 1, true, noon)
			b.settle()
			b.Failed("no disk", noon)
		}, ""}, {"a second later", func(b *bench) { b.Tick(seconds(1)) }, "a/1 failed"}, {"succeeds", func(b *bench) {
			delete(b.stages, key("a"))
			b.publish()
		}, ""}, ack("a/1 served", 1)}},
		{"what it names has changed", []event{set("a"), ack("a/1 served", 1), {"judged anew", func(b *bench) {
			b.judge("a", 1, true, seconds(100))
			b.publish()
		}, ""}, {"a second after that", func(b *bench) { b.Tick(seconds(101)) }, "a/1 on 0 of 1"}, ack("a/1 served", 2)}},
		{"slow, then overdue", []event{set("a"), ack("", 0), {"a second", func(b *bench) { b.Tick(seconds(1)) }, "a/1 on 0 of 1"},
			{"a minute", func(b *bench) { b.Tick(seconds(60)) }, "a/1 overdue 0 of 1"}, ack("a/1 served", 1)}},
		{"slow to be judged", []event{{"edit", func(b *bench) { b.edit("a", 1, noon) }, ""}, {"a second", func(b *bench) { b.Tick(seconds(1)) }, "a/1 unjudged"}}},
		{"a verdict on another generation", []event{{"edit", func(b *bench) { b.edit("a", 2, noon); b.judge("a", 1, true, noon); b.settle() }, ""}}},
		{"the last tracker goes, and one comes", []event{set("a"), ack("a/1 served", 1),
			{"none", func(b *bench) { b.Acknowledge(serve(), noon); b.Acknowledge(serve(), seconds(3)) }, "a/1 on 0 of 0"},
			{"one again", func(b *bench) { b.Acknowledge(serve(1), seconds(9)) }, "a/1 served"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench()
			for i, e := range tt.events {
				e.do(b)
				if got := b.told(); got != e.want {
					t.Fatalf("event %d, %s: told %q, want %q", i, e.name, got, e.want)
				}
			}
		})
	}
}

// An acknowledgement visits the objects that arrive and no others: those that wait
// for a later revision stay where they are.
func TestAcknowledgementCostsWhatArrives(t *testing.T) {
	b := newBench()
	for i := range 1000 {
		b.edit(fmt.Sprint(i), 1, noon)
		b.judge(fmt.Sprint(i), 1, true, noon)
	}
	b.publish()
	b.edit("0", 2, noon)
	b.judge("0", 2, true, noon)
	b.publish()
	if b.UnderWay() != 1000 || len(b.open) != 0 {
		t.Fatalf("%d under way, %d open", b.UnderWay(), len(b.open))
	}
	if b.underWay.Back().Value.(*object).generation != 2 {
		t.Error("those under way are not in the order of their revisions")
	}
	b.Acknowledge(serve(1), noon)
	if len(b.reports) != 999 || b.UnderWay() != 1 {
		t.Errorf("%d have arrived, %d are under way", len(b.reports), b.UnderWay())
	}
	for range 10_000 { // without a tracker edits must not pile up
		b.judge("0", 2, true, noon)
		b.publish()
	}
	if b.UnderWay() != 1 {
		t.Errorf("%d are under way", b.UnderWay())
	}
}

// The status of an object of the initial list is not written within a second, unless
// it was edited while no operator ran; that of a later edit is.
func TestInitialList(t *testing.T) {
	tests := []struct {
		name                 string
		bulk                 bool
		generation, observed int64
		slow                 int
	}{
		{"never judged", true, 1, -1, 0},
		{"judged by an earlier operator", true, 2, 2, 0},
		{"edited since", true, 3, 2, 1},
		{"made while the operator runs", false, 1, -1, 1},
		{"edited while the operator runs", false, 3, 2, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench()
			offer := &v1alpha1.Offer{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "a", UID: "1", Generation: tt.generation}}
			offer.Status.ObservedGeneration = tt.observed
			if !b.Changed(key("a"), offer, tt.bulk, noon) || b.Changed(key("a"), offer, false, noon) {
				t.Error("known before, or not known then")
			}
			if len(b.slow) != tt.slow || len(b.overdue) != 1 {
				t.Errorf("%d are expected within a second and %d within a minute, want %d and 1", len(b.slow), len(b.overdue), tt.slow)
			}
			b.Tick(seconds(60))
			for _, urgent := range b.Outcomes() {
				if urgent == tt.bulk {
					t.Errorf("urgent: %v", urgent)
				}
			}
		})
	}
}

func TestCounts(t *testing.T) {
	b := newBench()
	b.edit("a", 1, noon)
	b.edit("b", 1, noon)
	b.judge("b", 1, false, noon)
	b.edit("c", 1, noon)
	b.judge("c", 1, true, noon)
	b.Gone(key("c"))
	for verdict, want := range map[string]int{verdictPending: 1, verdictRefused: 1, verdictAccepted: 0} {
		if got := b.Counts()[Count{snapshot.KindOffer, verdict}]; got != want {
			t.Errorf("%d are %s, want %d", got, verdict, want)
		}
	}
}

// Deadlines fire once, in the order of time, for objects that are still on their way
// since then.
func TestDeadlines(t *testing.T) {
	var l deadlines
	if !l.next(slowAfter).IsZero() {
		t.Fatal("nothing is expected, yet something is late")
	}
	a, arrived, again := &object{open: true, since: noon}, &object{since: noon}, &object{open: true, since: seconds(5)}
	for _, o := range []*object{a, arrived} {
		l = append(l, deadline{o, noon})
	}
	l = append(l, deadline{again, noon}, deadline{again, seconds(5)})
	for _, tt := range []struct{ at, next, late float64 }{{0.9, 1, 0}, {1, 6, 1}, {2, 6, 0}, {6, 0, 1}, {9, 0, 0}} {
		late := l.due(slowAfter, seconds(tt.at))
		if next := l.next(slowAfter); len(late) != int(tt.late) || tt.next == 0 != next.IsZero() || tt.next > 0 && !next.Equal(seconds(tt.next)) {
			t.Errorf("at %v s %d are late, the next one at %v", tt.at, len(late), next)
		}
	}
}
