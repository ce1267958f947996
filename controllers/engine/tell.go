package engine

import (
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/waypost/waypost/api/v1alpha1"
)

// manifestRef is what Events are about that concern the whole installation.
func (e *Engine) manifestRef() *corev1.ObjectReference {
	return &corev1.ObjectReference{APIVersion: "v1", Kind: "ConfigMap", Namespace: e.Manifest.Namespace, Name: e.Manifest.Name}
}

// networkRef is what Events are about that concern a network: its Network, else
// the manifest.
func (e *Engine) networkRef(network string) *corev1.ObjectReference {
	keys := e.networks[network]
	if len(keys) == 0 {
		return e.manifestRef()
	}
	return &corev1.ObjectReference{
		APIVersion: v1alpha1.GroupVersion.String(), Kind: v1alpha1.KindNetwork,
		Namespace: network, Name: keys[0].Name, UID: e.objects[keys[0]].uid,
	}
}

// warn tells people, as an Event and in the log.
func (e *Engine) warn(about *corev1.ObjectReference, reason, format string, args ...any) {
	e.tell(about, corev1.EventTypeWarning, reason, actionPublish, fmt.Sprintf(format, args...))
}

// inform tells people of something that is as it should be.
func (e *Engine) inform(about *corev1.ObjectReference, reason, format string, args ...any) {
	e.tell(about, corev1.EventTypeNormal, reason, actionPublish, fmt.Sprintf(format, args...))
}

// maxNote is what the API server accepts as the text of an Event, in bytes.
const maxNote = 1024

// actionPublish is the action of most Events.
const actionPublish = "Publish"

// tell makes an Event. Of Events with the same reason and action the API keeps
// the first note only: what must be read needs an action of its own.
func (e *Engine) tell(about *corev1.ObjectReference, kind, reason, action, note string) {
	e.Log.Info(note, "reason", reason, "about", about.Kind, "namespace", about.Namespace, "name", about.Name)
	if len(note) > maxNote {
		note = strings.ToValidUTF8(note[:maxNote-3], "") + "..."
	}
	e.Recorder.Eventf(about, nil, kind, reason, action, "%s", note)
}
