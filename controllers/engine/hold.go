package engine

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/api/v1alpha1"
	"github.com/waypost/waypost/controllers/guard"
	"github.com/waypost/waypost/controllers/publish"
	"github.com/waypost/waypost/controllers/status"
)

// removal is what a publication does to the offers of one network.
type removal struct {
	gone, came []string
	confirmed  bool
}

// judgeRemovals holds the networks that would lose most of their offers, and
// returns what the publication of the others does to them.
func (e *Engine) judgeRemovals(now time.Time) map[string]*removal {
	removals := e.removals()
	before := e.held
	e.held = map[string]guard.Hold{}
	for network, r := range removals {
		tokens := e.tokens(network)
		hold, held := e.guard.Judge(network, e.book.live[network], r.gone, tokens, now)
		if held {
			e.held[network] = hold
			delete(removals, network)
			continue
		}
		r.confirmed = slices.Contains(tokens, hold.Token)
	}
	e.tellHolds(before)
	return removals
}

// removals returns which offers would go and come back in each network.
func (e *Engine) removals() map[string]*removal {
	removals := map[string]*removal{}
	e.book.offers(func(network, id string, gone bool) {
		if !gone && !e.guard.Remembers(network, id) {
			return // one of very many in a new network
		}
		r := removals[network]
		if r == nil {
			r = &removal{}
			removals[network] = r
		}
		if gone {
			r.gone = append(r.gone, id)
		} else {
			r.came = append(r.came, id)
		}
	})
	return removals
}

// tokens are the confirmations that count for a network: those on the manifest,
// and those on its Network.
func (e *Engine) tokens(network string) []string {
	var tokens []string
	if e.manifest != nil {
		tokens = slices.Clone(e.manifest.Confirmed)
	}
	for key, own := range e.confirmed {
		if key.Namespace == network {
			tokens = append(tokens, own...)
		}
	}
	return tokens
}

// readConfirmation takes the confirmations from a Network's annotations.
func (e *Engine) readConfirmation(key status.Key, form v1alpha1.Object) {
	if key.Kind != snapshot.KindNetwork {
		return
	}
	tokens := publish.Tokens(form.GetAnnotations())
	if slices.Equal(tokens, e.confirmed[key]) {
		return
	}
	delete(e.confirmed, key)
	if len(tokens) > 0 {
		e.confirmed[key] = tokens
	}
	e.window.Note(e.Now())
}

// tellHolds makes Events of the holds that are new or different, and of those
// that have ended, and marks the Networks.
func (e *Engine) tellHolds(before map[string]guard.Hold) {
	for network, hold := range e.held {
		if before[network] != hold {
			e.tell(e.networkRef(network), corev1.EventTypeWarning, v1alpha1.ReasonMassDeletionHeld, "Hold"+hold.Token, e.heldBecause(network))
		}
		e.touchNetworks(network)
	}
	for network := range before {
		if _, still := e.held[network]; !still {
			e.inform(e.networkRef(network), "MassDeletionReleased", "changes of network %s are published again", network)
			e.touchNetworks(network)
		}
	}
	e.Metrics.NetworksHeld.Set(float64(len(e.held)))
}

// noteHolds writes beside the loop which networks are held, if the manifest does
// not say so: the next operator must not publish what this one holds. It returns
// whether there was something to write.
func (e *Engine) noteHolds(ctx context.Context) bool {
	held := e.guard.Held()
	if e.published == nil || e.manifest == nil || maps.Equal(e.manifest.Held, held) || e.noted != nil && maps.Equal(e.noted, held) {
		return false
	}
	e.background(ctx, func(ctx context.Context) func() error {
		err := e.Publisher.Hold(ctx, held)
		return func() error {
			switch {
			case errors.Is(err, publish.ErrSuperseded):
				return err
			case errors.Is(err, publish.ErrLost):
				e.lost(err)
			case apierrors.IsConflict(err):
				return nil // the annotations have changed meanwhile, again
			case err != nil:
				e.Log.Error(err, "note the held networks")
			}
			e.noted = held
			return nil
		}
	})
	return true
}

// restoreHolds takes over what an earlier operator held.
func (e *Engine) restoreHolds() {
	if e.manifest == nil {
		return
	}
	for network, lately := range e.manifest.Held {
		e.guard.Restore(network, lately)
	}
}

// touchNetworks makes a network's Networks say what holds it.
func (e *Engine) touchNetworks(network string) {
	for _, key := range e.networks[network] {
		e.waiting.Remove(key)
		e.fresh[key] = struct{}{}
	}
}

// index keeps the Networks of each namespace at hand, as objects come and go.
func (e *Engine) index(key status.Key, there bool) {
	if key.Kind != snapshot.KindNetwork {
		return
	}
	keys := e.networks[key.Namespace]
	i, found := slices.BinarySearchFunc(keys, key.Name, func(k status.Key, name string) int { return strings.Compare(k.Name, name) })
	switch {
	case there && !found:
		keys = slices.Insert(keys, i, key)
	case !there && found:
		keys = slices.Delete(keys, i, i+1)
	}
	if e.networks[key.Namespace] = keys; len(keys) == 0 {
		delete(e.networks, key.Namespace)
	}
}

// holds reports whether an object is to say that its network is held: it has a
// change that is, or it is the Network.
func (e *Engine) holds(key status.Key) bool {
	return e.isHeld(key.Namespace) && (key.Kind == snapshot.KindNetwork || e.book.differs(key))
}

// heldBecause says what is held and how to confirm it.
func (e *Engine) heldBecause(network string) string {
	hold := e.held[network]
	object := fmt.Sprintf("-n %s configmap/%s", e.Manifest.Namespace, e.Manifest.Name)
	if networks := e.networks[network]; len(networks) > 0 {
		object = fmt.Sprintf("-n %s networks.%s/%s", network, v1alpha1.GroupName, networks[0].Name)
	}
	return fmt.Sprintf("%s; nothing of it is published until you confirm that: kubectl annotate --overwrite %s %s=%s",
		hold, object, publish.AnnotationConfirm, hold.Token)
}

// isHeld reports whether a network is held.
func (e *Engine) isHeld(network string) bool {
	_, held := e.held[network]
	return held
}
