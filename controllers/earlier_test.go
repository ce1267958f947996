package controllers

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/api/v1alpha1"
)

// An operator that starts on a damaged shard takes the last good forms in it from
// an earlier revision: an offer that is invalid by then stays.
func TestRestartWithADamagedShard(t *testing.T) {
	p := newPlant(t)
	at := address(t)
	k := p.startTracker(t, at)
	op := p.start(t, p.options(t, at))
	p.apply(t, story()...)
	p.ready(t, &v1alpha1.Offer{}, "shoes")
	edit(t, p, &v1alpha1.Offer{}, "shoes", func(o *v1alpha1.Offer) { o.Spec.Title = "Shoes 2" })
	p.ready(t, &v1alpha1.Offer{}, "shoes")
	p.quiet(t)
	op.stop(t)

	edit(t, p, &v1alpha1.Offer{}, "shoes", func(o *v1alpha1.Offer) { o.Spec.DestinationURL = "https://shop.example/?c={nosuchmacro}" })
	index := snapshot.ShardOf(snapshot.Key{Kind: snapshot.KindOffer, Network: p.network, ID: "shoes"})
	for _, ref := range p.manifest(t).Shards {
		if ref.Index == index {
			if err := p.Delete(t.Context(), &corev1.ConfigMap{ObjectMeta: namedIn(p.snapshots, snapshot.ShardName(ref.Digest))}); err != nil {
				t.Fatal(err)
			}
		}
	}
	p.start(t, p.options(t, at))
	offer := &v1alpha1.Offer{}
	p.until(t, offer, "shoes", "Stalled=True/UnknownMacro")
	if message := readyMessage(offer); !strings.Contains(message, "generation 1 keeps being served") {
		t.Errorf("Ready says %q", message)
	}
	eventually(t, "the earlier form is served", func() bool { return k.title("shoes") == "shoes" })
}
