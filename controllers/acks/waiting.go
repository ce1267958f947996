package acks

import "container/heap"

// Waiting holds objects that wait for a revision to be served everywhere. Each
// waits for one revision, the latest it was added with. The zero value is
// empty; it is not safe for concurrent use.
type Waiting[K comparable] struct {
	revision map[K]int64
	queue    entries[K] // may hold entries that revision no longer confirms
}

// Add makes the object wait for the revision, instead of any earlier one.
func (w *Waiting[K]) Add(object K, revision int64) {
	if w.revision == nil {
		w.revision = map[K]int64{}
	}
	if old, ok := w.revision[object]; ok && old == revision {
		return
	}
	w.revision[object] = revision
	heap.Push(&w.queue, entry[K]{revision, object})
	if len(w.queue) > 2*len(w.revision)+64 {
		w.compact()
	}
}

// compact drops the entries that later calls made void, so that edits without a
// tracker to serve them do not pile up.
func (w *Waiting[K]) compact() {
	w.queue = w.queue[:0]
	for object, revision := range w.revision {
		w.queue = append(w.queue, entry[K]{revision, object})
	}
	heap.Init(&w.queue)
}

// Remove makes the object wait no longer.
func (w *Waiting[K]) Remove(object K) { delete(w.revision, object) }

// Release returns, and forgets, the objects that wait for at most this revision.
func (w *Waiting[K]) Release(served int64) []K {
	var free []K
	for len(w.queue) > 0 && w.queue[0].revision <= served {
		e := heap.Pop(&w.queue).(entry[K])
		if current, ok := w.revision[e.object]; ok && current == e.revision {
			delete(w.revision, e.object)
			free = append(free, e.object)
		}
	}
	return free
}

// Has reports whether the object waits.
func (w *Waiting[K]) Has(object K) bool {
	_, ok := w.revision[object]
	return ok
}

// Len returns how many objects wait.
func (w *Waiting[K]) Len() int { return len(w.revision) }

type entry[K comparable] struct {
	revision int64
	object   K
}

// entries is a container/heap by revision.
type entries[K comparable] []entry[K]

func (h entries[K]) Len() int           { return len(h) }
func (h entries[K]) Less(i, j int) bool { return h[i].revision < h[j].revision }
func (h entries[K]) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *entries[K]) Push(x any)        { *h = append(*h, x.(entry[K])) }
func (h *entries[K]) Pop() any {
	last := len(*h) - 1
	e := (*h)[last]
	*h = (*h)[:last]
	return e
}
