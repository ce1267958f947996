package release

import (
	"fmt"
	"reflect"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/api/v1alpha1"
	"github.com/waypost/waypost/controllers/compile"
	"github.com/waypost/waypost/controllers/publish"
	"github.com/waypost/waypost/controllers/status"
	"github.com/waypost/waypost/controllers/trackers"
)

const (
	// collectFirst and collectEvery are when unused shards are removed.
	collectFirst, collectEvery = 10 * time.Second, 5 * time.Minute
	// collectSoon is when the shards are looked through after one was removed:
	// usually several are.
	collectSoon = time.Second
	// doubtEvery bounds how often a tracker's complaint makes all shards be compared.
	doubtEvery = 30 * time.Second
	// Waits after a publication that failed.
	retryFirst, retryLast = 100 * time.Millisecond, 5 * time.Second
)

// State is everything that decides what is published next. It belongs to one
// goroutine.
type State struct {
	manifest  types.NamespacedName // the manifest's name, for messages
	window    window
	records   *records
	networks  networks
	seen      seen
	published *snapshot.Manifest // nil before the first
	data      map[string]string  // what its ConfigMap holds
	begun     bool               // the first publication was planned
	force     bool               // publish although nothing differs
	retry     retry
	collect   time.Time // when to collect next
	expiry    time.Time // when records change by themselves
	doubted   time.Time // when a complaint was heeded last
	notices   []Notice
}

// Notice is the content of an Event.
type Notice struct {
	// About is the Network that it concerns; without a name it is about the manifest.
	About status.Key
	// Warning is false for what is as it should be.
	Warning bool
	// Reason, Action and Note are the Event's. Of Events with the same reason and
	// action the API keeps the first note only: what must be read needs an action of
	// its own.
	Reason, Action, Note string
}

// actionPublish is the action of most Events.
const actionPublish = "Publish"

// New returns the state of an operator that has published nothing. manifest is
// the name of the ConfigMap that messages are to name.
func New(manifest types.NamespacedName) *State {
	return &State{manifest: manifest, records: newRecords(), networks: networks{}, retry: newRetry()}
}

// Resume takes up what an earlier operator published. data is what the manifest's
// ConfigMap holds. Damaged parts are published again.
func (s *State) Resume(previous publish.Previous, data map[string]string, now time.Time) {
	s.records.load(previous.Records)
	if previous.Manifest == nil {
		return
	}
	s.published, s.data = previous.Manifest, data
	s.collect = now.Add(collectFirst)
	if len(previous.Problems) > 0 {
		s.records.repairAll()
		s.force = true
	}
}

// Seen takes the manifest that the informer shows, nil when it is gone.
func (s *State) Seen(object *corev1.ConfigMap, now time.Time) {
	requests := publish.ReadRequests(object)
	if requests.Problem != nil {
		s.warn("RequestNotUnderstood", "%v", requests.Problem)
		requests.RollbackTo = s.seen.requests.RollbackTo // neither a new pin nor a release
	}
	if s.seen.requests.RollbackTo != requests.RollbackTo {
		s.seen.denied = 0
	}
	if !s.seen.known || !reflect.DeepEqual(s.seen.requests, requests) {
		s.window.note(now)
	}
	s.seen.requests, s.seen.known = requests, true
	s.seen.data, s.seen.since = nil, now
	if object != nil {
		s.seen.data = object.Data
	}
}

// Note opens the window: something has changed that is to be compiled.
func (s *State) Note(now time.Time) { s.window.note(now) }

// Want takes what a compilation changed, and when records will change by
// themselves, zero for never.
func (s *State) Want(delta compile.Delta, expiry time.Time) {
	s.records.apply(delta)
	s.expiry = expiry
}

// ShardRemoved makes missing shards be looked for soon: a ConfigMap of one was removed.
func (s *State) ShardRemoved(now time.Time) {
	if soon := now.Add(collectSoon); s.published != nil && soon.Before(s.collect) {
		s.collect = soon
	}
}

// Heed takes what trackers report while no plan is carried out. One that serves a
// later revision than the published one makes publication go on behind it: etcd was
// restored from a backup. One that cannot load the published revision makes all
// shards be compared: doubt is true then.
func (s *State) Heed(sweep trackers.Sweep, now time.Time) (doubt bool) {
	if highest := sweep.Highest(); highest > s.published.Revision && highest < maxRevision {
		s.force = true
	}
	rejection := sweep.Complaint(s.published.Revision)
	if rejection == "" || now.Sub(s.doubted) < doubtEvery {
		return false
	}
	s.doubted = now
	s.warn("RevisionRejected", "%s; all shards are compared with what they should be", rejection)
	s.records.repairAll()
	s.force = true
	return true
}

// Stage returns how far the form that an object is to have is, and why it does not
// get on.
func (s *State) Stage(key status.Key) (stage status.Publication, detail string) {
	differs := s.records.differs(key)
	switch {
	case s.networks.isHeld(key.Namespace) && (differs || key.Kind == snapshot.KindNetwork):
		return status.Held, s.heldBecause(key.Namespace)
	case !differs && s.published != nil:
		return status.Published, ""
	case s.seen.pinned(s.published) != 0:
		return status.Pinned, fmt.Sprintf("revision %d is pinned by a rollback, this generation is published when it is released: kubectl annotate -n %s configmap/%s %s-",
			s.seen.pinned(s.published), s.manifest.Namespace, s.manifest.Name, publish.AnnotationRollback)
	}
	return status.Unpublished, ""
}

// Differing returns the objects whose form is not the published one.
func (s *State) Differing() []status.Key {
	keys := make([]status.Key, 0, len(s.records.open))
	for key := range s.records.open {
		keys = append(keys, key)
	}
	return keys
}

// Wanted returns the record to be served under a key, nil for none.
func (s *State) Wanted(key snapshot.Key) *snapshot.Record { return s.records.wanted(key) }

// Published returns the published manifest, nil before the first.
func (s *State) Published() *snapshot.Manifest { return s.published }

// Notices returns, and forgets, what is to become Events.
func (s *State) Notices() []Notice {
	notices := s.notices
	s.notices = nil
	return notices
}

// warn adds a warning about the manifest.
func (s *State) warn(reason, format string, args ...any) {
	s.notices = append(s.notices, Notice{Warning: true, Reason: reason, Action: actionPublish, Note: fmt.Sprintf(format, args...)})
}

// retry is the wait after publications that failed.
type retry struct {
	at   time.Time // zero after a success
	wait wait.Backoff
}

func newRetry() retry {
	return retry{wait: wait.Backoff{Duration: retryFirst, Factor: 2, Cap: retryLast, Steps: 64}}
}

func (r *retry) failed(now time.Time) { r.at = now.Add(r.wait.Step()) }

// heldBecause returns what is held of a network and how to confirm it.
func (s *State) heldBecause(name string) string {
	object := fmt.Sprintf("-n %s configmap/%s", s.manifest.Namespace, s.manifest.Name)
	if first := s.networks.get(name).first(); first != "" {
		object = fmt.Sprintf("-n %s networks.%s/%s", name, v1alpha1.GroupName, first)
	}
	hold := s.networks[name].hold
	return fmt.Sprintf("%s; nothing of it is published until you confirm that: kubectl annotate --overwrite %s %s=%s",
		hold, object, publish.AnnotationConfirm, hold.token)
}
