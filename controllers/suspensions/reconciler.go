package suspensions

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	acmetav1 "k8s.io/client-go/applyconfigurations/meta/v1"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/source"

	"github.com/waypost/waypost/api/v1alpha1"
	ac "github.com/waypost/waypost/api/v1alpha1/applyconfiguration/api/v1alpha1"
	"github.com/waypost/waypost/controllers/status"
)

// fieldOwner owns the one condition.
const fieldOwner = "waypost-operator-suspensions"

// interval is how often the ledger is asked.
const interval = 15 * time.Second

// Options configure a Reconciler.
type Options struct {
	// URL is the admin port of the ledger, such as http://127.0.0.1:9090.
	URL string
	// TokenFile has the bearer token for it; "" sends none.
	TokenFile string
	// Networks are the namespaces to ask for; none means all at once.
	Networks []string
	// Client writes conditions.
	Client client.Client
	// Reader reads the Partners, from a cache.
	Reader client.Reader
	// Recorder gets Events of suspensions and of their ends.
	Recorder status.Recorder
	// Log gets the first of several answers that are missing, and the end of them.
	Log logr.Logger
}

// Reconciler keeps the condition PostbacksSuspended of Partners true to the ledger. Its
// requests are networks, "" for all. While the ledger does not answer, conditions stay
// as they are.
//
// Each request is one question to the ledger every 15 seconds, and writes the
// conditions that differ from the answer. Nothing of it is an event of Kubernetes,
// because suspensions begin and end in the ledger. The condition has a field owner of
// its own, so it never conflicts with those that package status writes.
type Reconciler struct {
	Options
	http    *http.Client
	failing map[string]bool // by network
}

// New returns a reconciler that has not asked yet.
func New(o Options) *Reconciler {
	return &Reconciler{Options: o, http: newClient(), failing: map[string]bool{}}
}

// SetupWithManager adds the reconciler to a manager. Its source enqueues each network
// once; afterwards every request requeues itself. Names are not validated as unique,
// because a manager that follows a lost lease in the same process has the same
// controllers.
func (r *Reconciler) SetupWithManager(mgr manager.Manager) error {
	again := true // a manager follows another one in the same process
	return builder.TypedControllerManagedBy[string](mgr).Named("suspensions").
		WatchesRawSource(source.TypedFunc[string](func(ctx context.Context, queue workqueue.TypedRateLimitingInterface[string]) error {
			context.AfterFunc(ctx, r.http.CloseIdleConnections)
			if len(r.Networks) == 0 {
				queue.Add("")
			}
			for _, network := range r.Networks {
				queue.Add(network)
			}
			return nil
		})).
		WithOptions(controller.TypedOptions[string]{SkipNameValidation: &again}).Complete(r)
}

// Reconcile asks for one network, writes what differs, and asks again later. It never
// returns an error: a ledger that is away is asked at the same interval, and report
// logs it once.
func (r *Reconciler) Reconcile(ctx context.Context, network string) (reconcile.Result, error) {
	list, err := r.ask(ctx, network)
	if err == nil {
		err = r.write(ctx, network, list)
	}
	if ctx.Err() == nil {
		r.report(network, err)
	}
	return reconcile.Result{RequeueAfter: interval}, nil
}

// report logs the first failure of several, and the end of them.
func (r *Reconciler) report(network string, err error) {
	switch failed := r.failing[network]; {
	case err != nil && !failed:
		r.Log.Info("the suspensions of partners' postbacks are not known, their conditions stay as they are", "network", network, "error", err.Error())
	case err == nil && failed:
		r.Log.Info("the suspensions of partners' postbacks are known again", "network", network)
	}
	r.failing[network] = err != nil
}

// write makes the conditions of a network's partners, or of all, what they are to be.
func (r *Reconciler) write(ctx context.Context, network string, list []suspension) error {
	var partners v1alpha1.PartnerList
	if err := r.Reader.List(ctx, &partners, client.InNamespace(network)); err != nil {
		return fmt.Errorf("list the partners: %w", err)
	}
	wanted := byPartner(list)
	var failed []error
	for i := range partners.Items {
		partner := &partners.Items[i]
		is := meta.FindStatusCondition(partner.Status.Conditions, v1alpha1.ConditionPostbacksSuspended)
		want := condition(wanted[client.ObjectKeyFromObject(partner)], partner.Generation)
		if same(is, want) {
			continue
		}
		if err := r.apply(ctx, partner, want); err != nil {
			failed = append(failed, err)
			continue
		}
		r.record(partner, is, want)
	}
	return errors.Join(failed...)
}

// apply writes the condition, or takes it away: what is applied is all that this
// owner has, so leaving it out removes it. The UID keeps it from a partner that was
// recreated under the name.
func (r *Reconciler) apply(ctx context.Context, partner *v1alpha1.Partner, want *metav1.Condition) error {
	status := ac.PartnerStatus()
	if want != nil {
		status.WithConditions(acmetav1.Condition().
			WithType(want.Type).WithStatus(want.Status).WithReason(want.Reason).WithMessage(want.Message).
			WithObservedGeneration(want.ObservedGeneration).WithLastTransitionTime(want.LastTransitionTime))
	}
	application := ac.Partner(partner.Name, partner.Namespace).WithUID(partner.UID).WithStatus(status)
	err := r.Client.Status().Apply(ctx, application, client.FieldOwner(fieldOwner), client.ForceOwnership)
	if err != nil && !apierrors.IsNotFound(err) && !apierrors.IsConflict(err) {
		return fmt.Errorf("write in the status of partner %s/%s what is suspended: %w", partner.Namespace, partner.Name, err)
	}
	return nil
}

// record makes an Event of a suspension that begins or ends.
func (r *Reconciler) record(partner *v1alpha1.Partner, is, want *metav1.Condition) {
	switch {
	case want == nil:
		r.Recorder.Eventf(partner, nil, corev1.EventTypeNormal, "PostbacksResumed", "ResumePostbacks", "no postback is suspended any more")
	case is == nil:
		r.Recorder.Eventf(partner, nil, corev1.EventTypeWarning, v1alpha1.ConditionPostbacksSuspended, "SuspendPostbacks", "%s", want.Message)
	}
}
