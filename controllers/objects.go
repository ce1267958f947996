package controllers

import (
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/api/v1alpha1"
	"github.com/waypost/waypost/controllers/release"
	"github.com/waypost/waypost/controllers/secrets"
	"github.com/waypost/waypost/controllers/status"
)

// changed takes the current form of an object, nil for one that is gone. An object of the
// same generation was relabelled or got its status; the compiler only exchanges its copy.
// Any other form is a new one: an outcome of the former that is not written yet is
// dropped, and the form is compiled as soon as the Secret that it names has been read.
func (l *loop) changed(key status.Key, form v1alpha1.Object, now time.Time) {
	if form == nil {
		l.gone(key, now)
		return
	}
	if key.Kind == snapshot.KindNetwork {
		l.release.Network(key, form.GetAnnotations(), now)
	}
	if !l.progress.Changed(key, form, !l.listed, now) {
		l.compiler.Refresh(form)
		return
	}
	l.statuses.Forget(key)
	if !l.parked.park(key, form, l.secrets) {
		l.upsert(form, now)
	}
}

// gone forgets an object that was deleted, in every part that has something of it.
func (l *loop) gone(key status.Key, now time.Time) {
	if key.Kind == snapshot.KindNetwork {
		l.release.NetworkGone(key)
	}
	l.progress.Gone(key)
	l.statuses.Forget(key)
	l.parked.release(key, l.secrets)
	l.compiler.Delete(key.Kind, key.Namespace, key.Name)
	l.release.Note(now)
}

// upsert hands an object to the compiler, once everything it needs is there.
func (l *loop) upsert(form v1alpha1.Object, now time.Time) {
	if err := l.compiler.Upsert(form); err != nil {
		l.log.Error(err, "an object cannot be compiled")
		return
	}
	l.release.Note(now)
}

// found takes what there is of a Secret, and hands the objects that waited for it to the
// compiler. Those that name it and did not wait are compiled again by the compiler's own
// references.
func (l *loop) found(f secrets.Found, now time.Time) {
	if f.Forbidden != nil {
		l.log.Error(f.Forbidden, "the operator may not read a Secret that an object names; give it the right to get Secrets in this namespace",
			"namespace", f.Name.Namespace, "name", f.Name.Name)
	}
	if f.Exists {
		l.compiler.SetSecret(f.Name.Namespace, f.Name.Name, f.Data)
	} else {
		l.compiler.DeleteSecret(f.Name.Namespace, f.Name.Name)
	}
	for _, form := range l.parked.read(f.Name) {
		l.upsert(form, now)
	}
	l.release.Note(now)
}

// record makes an Event of a notice: about the Network that it names, else about the
// manifest. It is logged, too, because Events are kept for an hour only.
func (l *loop) record(n release.Notice) {
	about := &corev1.ObjectReference{APIVersion: "v1", Kind: "ConfigMap", Namespace: l.manifest.Namespace, Name: l.manifest.Name}
	if n.About.Name != "" {
		about = &corev1.ObjectReference{
			APIVersion: v1alpha1.GroupVersion.String(), Kind: v1alpha1.KindNetwork,
			Namespace: n.About.Namespace, Name: n.About.Name, UID: l.progress.UID(n.About),
		}
	}
	kind := corev1.EventTypeNormal
	if n.Warning {
		kind = corev1.EventTypeWarning
	}
	l.log.Info(n.Note, "reason", n.Reason, "about", about.Kind, "namespace", about.Namespace, "name", about.Name)
	l.recorder.Eventf(about, nil, kind, n.Reason, n.Action, "%s", status.Shorten(n.Note, status.MaxNote))
}
