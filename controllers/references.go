package controllers

import (
	"k8s.io/apimachinery/pkg/types"

	"github.com/waypost/waypost/api/v1alpha1"
	"github.com/waypost/waypost/controllers/kinds"
	"github.com/waypost/waypost/controllers/secrets"
	"github.com/waypost/waypost/controllers/status"
)

// references holds which object names which Secret. An object whose Secret has not been
// read yet is parked: compiled without it, it would be refused for a moment, and with
// it a postback key for as long.
type references struct {
	named   map[status.Key]types.NamespacedName
	secrets map[types.NamespacedName]*reference
	waits   int // parked objects
}

// reference is one Secret that is named.
type reference struct {
	read    bool
	objects map[status.Key]v1alpha1.Object // nil: not parked
}

func newReferences() references {
	return references{named: map[status.Key]types.NamespacedName{}, secrets: map[types.NamespacedName]*reference{}}
}

// park takes note of what an object names, and returns true when it has to wait
// for it. The first object that names a Secret has it watched, the last that no longer
// does ends that. An object that names another Secret than before lets go of the former.
func (r *references) park(key status.Key, form v1alpha1.Object, reader *secrets.Reconciler) bool {
	secret := types.NamespacedName{Namespace: key.Namespace}
	if ref := kinds.Of(form).SecretRef(form); ref != nil {
		secret.Name = ref.Name
	}
	if before, ok := r.named[key]; ok && before != secret {
		r.release(key, reader)
	}
	if secret.Name == "" {
		return false
	}
	ref := r.secrets[secret]
	if ref == nil {
		ref = &reference{objects: map[status.Key]v1alpha1.Object{}}
		r.secrets[secret] = ref
		reader.Watch(secret)
	}
	r.named[key] = secret
	if ref.objects[key] != nil {
		r.waits--
	}
	ref.objects[key] = nil
	if ref.read {
		return false
	}
	ref.objects[key] = form
	r.waits++
	return true
}

// release forgets an object, and the Secret if no other object names it.
func (r *references) release(key status.Key, reader *secrets.Reconciler) {
	secret, ok := r.named[key]
	if !ok {
		return
	}
	delete(r.named, key)
	ref := r.secrets[secret]
	if ref.objects[key] != nil {
		r.waits--
	}
	delete(ref.objects, key)
	if len(ref.objects) == 0 {
		delete(r.secrets, secret)
		reader.Unwatch(secret)
	}
}

// read notes that a Secret has been read, and returns the objects that waited for it.
func (r *references) read(secret types.NamespacedName) (freed []v1alpha1.Object) {
	ref := r.secrets[secret]
	if ref == nil {
		return nil
	}
	ref.read = true
	for key, form := range ref.objects {
		if form != nil {
			freed = append(freed, form)
			ref.objects[key] = nil
			r.waits--
		}
	}
	return freed
}
