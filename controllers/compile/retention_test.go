package compile

import (
	"testing"
	"time"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/api/v1alpha1"
)

// Tombstones stay for thirty days also where every offer looks back for less: the
// impressions and clicks of before it said so are still out there.
func TestShortLookbacksKeepTombstones(t *testing.T) {
	w := openShop(t)
	_, offer, _, _, _ := shop()
	offer.Generation = 2
	offer.Spec.Attribution = &v1alpha1.OfferAttribution{ClickLookbackHours: 1}
	upsert(t, w, offer)
	w.Delete(snapshot.KindPartner, "default", "blog")
	w.Compile(start)
	if at, ok := w.NextChange(); !ok || !at.Equal(start.Add(30*24*time.Hour)) {
		t.Errorf("the tombstone stays until %v, want thirty days", at)
	}
}

// TestALeapingClockDropsNoTombstone: the end of a tombstone counts once the clock has shown
// it for a while.
func TestALeapingClockDropsNoTombstone(t *testing.T) {
	const day = 24 * time.Hour
	type look struct {
		after time.Duration // since the tombstone was made
		left  bool
	}
	for name, looks := range map[string][]look{
		"in its time":                 {{30*day - 1, true}, {30 * day, true}, {30*day + time.Hour - 1, true}, {30*day + time.Hour, false}},
		"a clock ahead is set right":  {{365 * day, true}, {365*day + time.Minute, true}, {day, true}, {30 * day, true}, {31 * day, false}},
		"a clock ahead that stays so": {{365 * day, true}, {365*day + time.Hour, false}},
	} {
		t.Run(name, func(t *testing.T) {
			w := openShop(t)
			w.namespace("default").records.settle = time.Hour
			w.Delete(snapshot.KindPartner, "default", "blog")
			w.Compile(start)
			for _, l := range looks {
				w.Compile(start.Add(l.after))
				if left := len(w.namespace("default").records.tombstones.keys) > 0; left != l.left {
					t.Fatalf("after %s: left %t", l.after, left)
				}
				if at, ok := w.NextChange(); ok && l.after >= 30*day && at.After(start.Add(l.after+time.Hour)) {
					t.Errorf("after %s the next change is at %s", l.after, at)
				}
			}
		})
	}
}
