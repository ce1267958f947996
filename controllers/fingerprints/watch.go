package fingerprints

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/waypost/waypost/api/seal"
	"github.com/waypost/waypost/controllers/status"
)

const (
	// interval is how often the keys are compared.
	interval = 15 * time.Second
	// logInterval is how often a loss that lasts is logged.
	logInterval = 10 * time.Minute
)

// Options configure a Watch.
type Options struct {
	// Client has no cache: there is one ConfigMap to get, and none to list.
	Client client.Client
	// Marker is the ConfigMap. Where there is none, nothing is compared: a Secret that no
	// version of waypost keys init has seen has none.
	Marker client.ObjectKey
	// Keys reads the keys that are mounted.
	Keys func() (*seal.Keyring, error)
	// Elected is closed while this process leads: it alone writes.
	Elected <-chan struct{}
	// Recorder gets an Event of each loss and of its end, on the ConfigMap.
	Recorder status.Recorder
	// Lost is 1 while keys are lost.
	Lost prometheus.Gauge
	// Interval is how often the keys are compared; 0 means 15 s.
	Interval time.Duration
	// Log gets each loss, and the first of several failures.
	Log logr.Logger
}

// Watch is a runnable of the operator's manager.
//
// What is there of new keys is written to the ConfigMap, so that an older copy of years
// later is recognised; what is lost is not, until waypost keys init has accepted it. A
// ConfigMap or keys that cannot be read leave what was found last.
type Watch struct {
	Options
	loss    atomic.Pointer[Loss]
	logged  time.Time // when the loss was
	failing bool
}

// New returns a Watch that has not looked yet.
func New(o Options) *Watch {
	if o.Interval == 0 {
		o.Interval = interval
	}
	return &Watch{Options: o}
}

// NeedLeaderElection implements manager.LeaderElectionRunnable: each operator has a mount
// of its own, and the readiness of each shows what is in it.
func (w *Watch) NeedLeaderElection() bool { return false }

// Check implements healthz.Checker: an operator with an older copy is not ready. It goes
// on publishing, since trackers open what any of their own keys has made.
func (w *Watch) Check(*http.Request) error {
	if loss := w.loss.Load(); loss != nil {
		return loss
	}
	return nil
}

// Start implements manager.Runnable.
func (w *Watch) Start(ctx context.Context) error {
	ticker := time.NewTicker(w.Interval)
	defer ticker.Stop()
	for {
		if err := w.look(ctx); ctx.Err() == nil {
			w.report(err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

// look compares once.
func (w *Watch) look(ctx context.Context) error {
	ring, err := w.Keys()
	if err != nil {
		return err
	}
	marker := &corev1.ConfigMap{}
	err = w.Client.Get(ctx, w.Marker, marker)
	switch {
	case apierrors.IsNotFound(err):
		w.found(nil, nil)
		return nil
	case err != nil:
		return fmt.Errorf("read the ConfigMap %s: %w", w.Marker.Name, err)
	}
	loss := Compare(marker, ring, time.Now())
	w.found(marker, loss)
	if entries := Entries(ring); loss == nil && w.leads() && !maps.Equal(marker.Data, entries) {
		marker.Data = entries
		if err := w.Client.Update(ctx, marker); err != nil && !apierrors.IsConflict(err) {
			return fmt.Errorf("keep the fingerprints of new keys in the ConfigMap %s: %w", w.Marker.Name, err)
		}
	}
	return nil
}

func (w *Watch) leads() bool {
	select {
	case <-w.Elected:
		return true
	default:
		return false
	}
}

// found makes known what a look has found.
func (w *Watch) found(marker *corev1.ConfigMap, loss *Loss) {
	before := w.loss.Swap(loss)
	switch {
	case loss != nil:
		w.Lost.Set(1)
		if fresh := before == nil || before.Code != loss.Code; fresh || time.Since(w.logged) >= logInterval {
			w.logged = time.Now()
			w.Log.Error(loss, "sealing keys are lost")
			w.event(marker, corev1.EventTypeWarning, "SealingKeysLost", loss.Error())
		}
	default:
		w.Lost.Set(0)
		if before != nil {
			w.Log.Info("the sealing keys are complete again, or their loss was accepted")
			w.event(marker, corev1.EventTypeNormal, "SealingKeysComplete", "the sealing keys are complete again, or their loss was accepted")
		}
	}
}

func (w *Watch) event(marker *corev1.ConfigMap, kind, reason, note string) {
	if marker != nil && w.leads() {
		w.Recorder.Eventf(marker, nil, kind, reason, "CompareKeys", "%s", status.Shorten(note, status.MaxNote))
	}
}

// report logs the first failure of several, and the end of them.
func (w *Watch) report(err error) {
	switch {
	case err != nil && !w.failing:
		w.Log.Error(err, "the sealing keys are not compared with their fingerprints, trying again")
	case err == nil && w.failing:
		w.Log.Info("the sealing keys are compared with their fingerprints again")
	}
	w.failing = err != nil
}
