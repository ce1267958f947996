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
