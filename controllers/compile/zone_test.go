package compile

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/api/v1alpha1"
)

// TestTimeZones: a zone means the same on every machine, also on one that has none of
// its own, as in a container, where time.Local is called UTC.
func TestTimeZones(t *testing.T) {
	local := time.Local
	time.Local = time.UTC
	t.Cleanup(func() { time.Local = local })
	for zone, accepted := range map[string]bool{
		"": true, "UTC": true, "Europe/Vienna": true, "Local": false, "local": false, "Mars/Base": false,
	} {
		w := New(testOptions)
		upsert(t, w, &v1alpha1.Network{
			ObjectMeta: metav1.ObjectMeta{Name: "n", Namespace: "default", Generation: 1, UID: "uid"},
			Spec:       v1alpha1.NetworkSpec{Title: "N", TimeZone: zone},
		})
		w.Compile(start)
		if v := verdict(t, w, snapshot.KindNetwork, "n"); v.Accepted.OK() != accepted {
			t.Errorf("time zone %q: %+v", zone, v.Accepted)
		}
	}
}
