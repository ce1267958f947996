package live

import (
	"errors"
	"fmt"
	"time"

	"github.com/waypost/waypost/api/snapshot"
)

// diskCopyCounts is how long after its start a tracker waits for the current
// revision before the copy on disk is good enough to be ready with.
const diskCopyCounts = 5 * time.Second

// state is what a holder keeps beside the index.
type state struct {
	started time.Time
	origin  Origin
	// ready is latched: what has been good enough to serve from stays so.
	ready bool
	// loading is the revision that is being fetched, 0 for none, and progress when
	// the last of its shards came.
	loading  int64
	progress time.Time
	// refusal is why the newest is not served, nil if it is.
	refusal *Refusal
}

// Ready reports whether the tracker may get traffic, and if not what it waits
// for. It is ready once it has loaded the current revision of its source; a copy
// on disk counts when 5 seconds have passed and the current revision could not
// be had. It stays ready from then on, also with a newer revision that it
// cannot load: what it serves from is the last good one.
func (h *Holder) Ready() (bool, string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	current := h.Current()
	if !h.state.ready && current.Revision > 0 && h.state.stuck() && time.Since(h.state.started) >= diskCopyCounts {
		h.state.ready = true
	}
	if h.state.ready {
		return true, ""
	}
	return false, h.state.waitsFor(current)
}

// stuck reports that the current revision is not on its way.
func (s *state) stuck() bool {
	return s.refusal != nil || s.loading == 0 || time.Since(s.progress) >= diskCopyCounts
}

// waitsFor returns what a tracker that is not ready waits for, as the readiness probe
// shows it.
func (s *state) waitsFor(current *Index) string {
	message := "waiting for the first snapshot"
	if current.Revision > 0 {
		message = fmt.Sprintf("waiting for the current revision; the copy on disk (revision %d) counts after %s", current.Revision, diskCopyCounts)
	}
	switch {
	case s.loading != 0:
		message += fmt.Sprintf(": revision %d is being loaded", s.loading)
	case s.refusal != nil:
		message += ": " + s.refusal.Error()
	}
	return message
}

// Status returns what the tracker reports of itself at snapshot.StatusPath.
func (h *Holder) Status() snapshot.Status {
	h.mu.Lock()
	defer h.mu.Unlock()
	current := h.Current()
	s := snapshot.Status{
		Revision: current.Revision, Digest: current.Digest, Source: string(h.state.origin),
		SchemaVersions: snapshot.SupportedSchemas(),
	}
	if !current.LoadedAt.IsZero() {
		at := current.LoadedAt.UTC()
		s.LoadedAt = &at
	}
	if r := h.state.refusal; r != nil {
		s.LastError, s.Reason, s.RejectedRevision = r.Error(), string(r.Reason), r.Revision
	}
	return s
}

// Report implements Sink.
func (h *Holder) Report(err error) {
	r := refuse(ReasonUnreachable, 0, err)
	h.mu.Lock()
	was := h.state.refusal
	h.state.refusal, h.state.loading = r, 0
	h.mu.Unlock()
	h.metrics.refusals.WithLabelValues(string(r.Reason)).Inc()
	if was == nil || was.Error() != r.Error() {
		h.log.Error(errors.Unwrap(r), keeping(r.Reason), "reason", r.Reason,
			"revision", r.Revision, "serving", h.Current().Revision)
	}
}

// keeping returns what goes on in spite of a refusal. What is wrong in a directory may
// be one object of many: the others are served as they stand.
func keeping(reason Reason) string {
	if reason == ReasonBadDirectory {
		return "Not all manifests are served as they stand; of these the last good form is"
	}
	return "Keeping the last good snapshot"
}

// loading notes that a revision, or another shard of it, is on its way.
func (h *Holder) loading(revision int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.state.loading, h.state.progress = revision, time.Now()
}

// confirm notes that what is served is what origin has now, after putting next
// in its place if there is one.
func (h *Holder) confirm(next *Index, origin Origin) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if next != nil {
		h.current.Store(next)
	}
	h.state.origin, h.state.loading, h.state.refusal = origin, 0, nil
	if origin != FromDisk {
		h.state.ready = true
	}
}
