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
	"k8s.io/apimachinery/pkg/runtime"
	acmetav1 "k8s.io/client-go/applyconfigurations/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/waypost/waypost/api/v1alpha1"
	ac "github.com/waypost/waypost/api/v1alpha1/applyconfiguration/api/v1alpha1"
)

// FieldOwner owns the one condition.
const FieldOwner = "waypost-operator-suspensions"

// DefaultInterval is how often the ledger is asked.
const DefaultInterval = 15 * time.Second

// Recorder tells Events; a part of client-go's events.EventRecorder.
type Recorder interface {
	Eventf(regarding, related runtime.Object, eventtype, reason, action, note string, args ...any)
}

// Options configure a Poller.
type Options struct {
	// URL is the admin port of the ledger, such as http://127.0.0.1:9090.
	URL string
	// TokenFile has the bearer token for it; "" sends none.
	TokenFile string
	// Networks are the namespaces to ask for; none means all at once.
	Networks []string
	// Client writes conditions.
	Client client.Client
	// Reader knows the Partners, from a cache.
	Reader client.Reader
	// Recorder tells of suspensions and of their ends. May be nil.
	Recorder Recorder
	// Interval is how often the ledger is asked; 0 means DefaultInterval.
	Interval time.Duration
	// Log hears of a ledger that does not answer, once.
	Log logr.Logger
}

// Poller keeps the condition true to the ledger as long as it runs. While the
// ledger does not answer, conditions stay as they are.
type Poller struct {
	options Options
	client  *http.Client
	failing bool
}

// New returns a poller.
func New(o Options) *Poller {
	if o.Interval == 0 {
		o.Interval = DefaultInterval
	}
	return &Poller{options: o, client: newClient()}
}

// Run asks until the context ends.
func (p *Poller) Run(ctx context.Context) {
	defer p.client.CloseIdleConnections()
	every := time.NewTicker(p.options.Interval)
	defer every.Stop()
	for {
		p.report(ctx, p.round(ctx))
		select {
		case <-every.C:
		case <-ctx.Done():
			return
		}
	}
}

// report logs the first failure of several, and the end of them.
func (p *Poller) report(ctx context.Context, err error) {
	switch {
	case ctx.Err() != nil:
	case err != nil && !p.failing:
		p.options.Log.Info("the suspensions of partners' postbacks are not known, their conditions stay as they are", "error", err.Error())
	case err == nil && p.failing:
		p.options.Log.Info("the suspensions of partners' postbacks are known again")
	}
	p.failing = err != nil
}

// round asks once and writes what differs.
func (p *Poller) round(ctx context.Context) error {
	networks := p.options.Networks
	if len(networks) == 0 {
		networks = []string{""}
	}
	var failed []error
	for _, network := range networks {
		list, err := p.ask(ctx, network)
		if err == nil {
			err = p.write(ctx, network, list)
		}
		failed = append(failed, err)
	}
	return errors.Join(failed...)
}

// write makes the conditions of a network's partners, or of all, what they are to be.
func (p *Poller) write(ctx context.Context, network string, list []suspension) error {
	var partners v1alpha1.PartnerList
	if err := p.options.Reader.List(ctx, &partners, client.InNamespace(network)); err != nil {
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
		if err := p.apply(ctx, partner, want); err != nil {
			failed = append(failed, err)
			continue
		}
		p.tell(partner, is, want)
	}
	return errors.Join(failed...)
}

// apply writes the condition, or takes it away: what is applied is all that this
// owner has, so leaving it out removes it. The UID keeps it from a partner that was
// recreated under the name.
func (p *Poller) apply(ctx context.Context, partner *v1alpha1.Partner, want *metav1.Condition) error {
	status := ac.PartnerStatus()
	if want != nil {
		status.WithConditions(acmetav1.Condition().
			WithType(want.Type).WithStatus(want.Status).WithReason(want.Reason).WithMessage(want.Message).
			WithObservedGeneration(want.ObservedGeneration).WithLastTransitionTime(want.LastTransitionTime))
	}
	application := ac.Partner(partner.Name, partner.Namespace).WithUID(partner.UID).WithStatus(status)
	err := p.options.Client.Status().Apply(ctx, application, client.FieldOwner(FieldOwner), client.ForceOwnership)
	if err != nil && !apierrors.IsNotFound(err) && !apierrors.IsConflict(err) {
		return fmt.Errorf("say in the status of partner %s/%s what is suspended: %w", partner.Namespace, partner.Name, err)
	}
	return nil
}

// tell makes an Event of a suspension that begins or ends.
func (p *Poller) tell(partner *v1alpha1.Partner, is, want *metav1.Condition) {
	switch {
	case p.options.Recorder == nil:
	case want == nil:
		p.options.Recorder.Eventf(partner, nil, corev1.EventTypeNormal, "PostbacksResumed", "ResumePostbacks", "no postback is suspended any more")
	case is == nil:
		p.options.Recorder.Eventf(partner, nil, corev1.EventTypeWarning, v1alpha1.ConditionPostbacksSuspended, "SuspendPostbacks", "%s", want.Message)
	}
}
