package compile

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/api/v1alpha1"
)

func TestRefresh(t *testing.T) {
	advertiser := func(generation int64, title string) *v1alpha1.Advertiser {
		return &v1alpha1.Advertiser{
			ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "acme", UID: "1", Generation: generation},
			Spec:       v1alpha1.AdvertiserSpec{Title: title},
		}
	}
	w := New(Options{})
	w.Refresh(advertiser(1, "unknown"))
	if err := w.Upsert(advertiser(1, "Acme")); err != nil {
		t.Fatal(err)
	}
	w.Compile(time.Unix(0, 0))
	kept := func() v1alpha1.Object {
		return w.namespaces["shop"].graph.nodes[ref{snapshot.KindAdvertiser, "acme"}].object
	}

	copied := advertiser(1, "Acme")
	w.Refresh(copied)
	if kept() != v1alpha1.Object(copied) {
		t.Error("the copy was not taken")
	}
	recreated := advertiser(1, "Zenith")
	recreated.UID = "2"
	for name, other := range map[string]v1alpha1.Object{"another generation": advertiser(2, "Zenith"), "another object": recreated} {
		if w.Refresh(other); kept() != v1alpha1.Object(copied) {
			t.Errorf("%s was taken", name)
		}
	}
	if delta := w.Compile(time.Unix(1, 0)); len(delta.Upserted)+len(delta.Removed)+len(delta.Verdicts) != 0 {
		t.Errorf("a refresh compiled %+v", delta)
	}
}
