package release

import (
	"maps"
	"time"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/controllers/publish"
)

// watchLag is how long the informer may show another manifest than the published
// one before that is looked into.
const watchLag = time.Second

// seen is what the informer shows of the manifest. It is a hint only: a watch may
// be late.
type seen struct {
	requests publish.Requests
	known    bool // it was shown, or its end
	data     map[string]string
	since    time.Time      // zero before the first, and once it was verified
	denied   int64          // a requested revision that cannot be rolled back to
	noted    map[string]int // the held networks, as last written on it; nil for never
}

// doubtful returns when to look whether the manifest is still the published one,
// to the last byte: one whose signature alone is damaged keeps new trackers from
// starting. Zero when it is, or nothing is published.
func (s *seen) doubtful(published map[string]string) time.Time {
	if s.since.IsZero() || published == nil || maps.Equal(s.data, published) {
		return time.Time{}
	}
	return s.since.Add(watchLag)
}

// released reports whether a pin is published that is not asked for any more.
func (s *seen) released(published *snapshot.Manifest) bool {
	return published != nil && published.Pinned != 0 && s.known && s.requests.RollbackTo == 0
}

// pinned returns the revision that is pinned, 0 for none.
func (s *seen) pinned(published *snapshot.Manifest) int64 {
	if published == nil || s.released(published) {
		return 0
	}
	return published.Pinned
}

// rollback returns the revision to roll back to, 0 for none.
func (s *seen) rollback(published *snapshot.Manifest) int64 {
	if to := s.requests.RollbackTo; published != nil && to != published.Pinned && to != s.denied {
		return to
	}
	return 0
}

// unnoted reports whether the manifest is to be marked with the held networks: the
// next operator must not publish what this one holds.
func (s *seen) unnoted(held map[string]int) bool {
	return s.known && !maps.Equal(s.requests.Held, held) && (s.noted == nil || !maps.Equal(s.noted, held))
}
