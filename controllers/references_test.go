package controllers

import (
	"testing"

	"github.com/go-logr/logr"
	"k8s.io/apimachinery/pkg/types"

	"github.com/waypost/waypost/api/v1alpha1"
	"github.com/waypost/waypost/controllers/secrets"
)

func naming(name, secret string) *v1alpha1.Offer {
	offer := version(name, "1")
	if secret != "" {
		offer.Spec.PostbackKeySecretRef = &v1alpha1.SecretKeyRef{Name: secret, Key: "key"}
	}
	return offer
}

// An object waits for its Secret the first time, and for no other's.
func TestReferences(t *testing.T) {
	reader := secrets.New(nil, 0, logr.Discard())
	r := newReferences()
	postback := types.NamespacedName{Namespace: "shop", Name: "postback"}
	if r.park(key("free"), naming("free", ""), reader) {
		t.Error("an object that names no Secret waits for one")
	}
	if !r.park(key("a"), naming("a", "postback"), reader) || !r.park(key("b"), naming("b", "postback"), reader) || r.waits != 2 {
		t.Fatalf("%d wait, want two", r.waits)
	}
	edited := naming("a", "postback")
	if !r.park(key("a"), edited, reader) || r.waits != 2 {
		t.Fatalf("%d wait after an edit, want two", r.waits)
	}
	freed := r.read(postback)
	if len(freed) != 2 || r.waits != 0 {
		t.Fatalf("%d are freed, %d wait", len(freed), r.waits)
	}
	for _, object := range freed {
		if object.GetName() == "a" && object != v1alpha1.Object(edited) {
			t.Error("an old form of a is freed")
		}
	}
	if again := r.read(postback); again != nil {
		t.Errorf("freed again: %v", again)
	}
	if r.park(key("c"), naming("c", "postback"), reader) {
		t.Error("waits for a Secret that has been read")
	}

	// Another Secret has to be read first; nobody names the old one then.
	r.release(key("b"), reader)
	r.release(key("c"), reader)
	if !r.park(key("a"), naming("a", "other"), reader) || r.waits != 1 {
		t.Fatalf("%d wait for the other Secret", r.waits)
	}
	if _, ok := r.secrets[postback]; ok {
		t.Error("a Secret that nobody names is still known")
	}
	r.release(key("a"), reader)
	if r.waits != 0 || len(r.secrets) != 0 || len(r.named) != 0 {
		t.Errorf("in the end %+v", r)
	}
	if r.read(postback) != nil {
		t.Error("a Secret that nobody names frees something")
	}
}
