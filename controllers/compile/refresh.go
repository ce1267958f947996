package compile

import "github.com/waypost/waypost/api/v1alpha1"

// Refresh exchanges an object for a copy of the same generation, for example
// after its status was written, and compiles nothing. Whoever keeps the objects,
// such as an informer, then need not keep the old copy for the World's sake. A
// copy of another generation, or of an object that is not known, is not taken.
func (w *World) Refresh(object v1alpha1.Object) {
	s := w.spaces[object.GetNamespace()]
	if s == nil {
		return
	}
	n := s.nodes[ref{kindOf(object), object.GetName()}]
	if n == nil || n.object == nil {
		return
	}
	if n.object.GetUID() == object.GetUID() && n.object.GetGeneration() == object.GetGeneration() {
		n.object = object
	}
}
