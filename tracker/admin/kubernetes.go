package admin

import (
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"time"

	authn "k8s.io/api/authentication/v1"
	authz "k8s.io/api/authorization/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/cache"
	"k8s.io/client-go/kubernetes"
)

const (
	// decisionsKept and decisionsFor bound what a caller's tokens cost the API
	// server, and how long a withdrawn right still works.
	decisionsKept = 1024
	decisionsFor  = 10 * time.Second
)

// Audience is that of service account tokens which are good for this port and nothing
// else. A stolen one is refused by the API server.
const Audience = "waypost-ledger"

// Kubernetes authorizes callers as the cluster does. A TokenReview identifies the
// caller. A SubjectAccessReview decides about get or update on a subresource (reports,
// conversions, postbacks, deliveries, clicks) of networks.waypost.dev in the network's
// namespace, or of one object of partners.waypost.dev, which shows that partner's own
// numbers alone.
//
// It is safe for concurrent use; decisions are remembered for ten seconds.
type Kubernetes struct {
	client    kubernetes.Interface
	decisions *cache.LRUExpireCache
}

// NewKubernetes returns an authorizer that asks the API server behind client. It
// needs the right to create tokenreviews and subjectaccessreviews.
func NewKubernetes(client kubernetes.Interface) *Kubernetes {
	return &Kubernetes{client: client, decisions: cache.NewLRUExpireCache(decisionsKept)}
}

type decisionKey struct {
	token [sha256.Size]byte
	want  Attributes
}

type decision struct {
	caller Caller
	err    error
}

// Authorize asks the API server, or repeats its answer of the last ten seconds.
func (k *Kubernetes) Authorize(ctx context.Context, token string, want Attributes) (Caller, error) {
	if token == "" {
		return Caller{}, ErrUnauthenticated
	}
	key := decisionKey{sha256.Sum256([]byte(token)), want}
	if d, ok := k.decisions.Get(key); ok {
		known := d.(decision)
		return known.caller, known.err
	}
	caller, err := k.ask(ctx, token, want)
	if err == nil || err == ErrForbidden || err == ErrUnauthenticated { //nolint:errorlint // ask returns them bare
		k.decisions.Add(key, decision{caller, err}, decisionsFor)
	}
	return caller, err
}

func (k *Kubernetes) ask(ctx context.Context, token string, want Attributes) (Caller, error) {
	user, err := k.user(ctx, token)
	if err != nil {
		return Caller{}, err
	}
	allowed, err := k.allowed(ctx, user, want, "networks", "")
	if err != nil || allowed {
		return Caller{Name: user.Username}, err
	}
	if want.Partner == "" || want.Verb != "get" {
		return Caller{}, ErrForbidden
	}
	allowed, err = k.allowed(ctx, user, want, "partners", want.Partner)
	if err != nil || allowed {
		return Caller{Name: user.Username, PartnerOnly: true}, err
	}
	return Caller{}, ErrForbidden
}

// user returns the owner of the token. The token is one for the API server, such as
// kubectl's, or one for the ledger alone.
func (k *Kubernetes) user(ctx context.Context, token string) (authn.UserInfo, error) {
	for _, audiences := range [][]string{nil, {Audience}} {
		review, err := k.client.AuthenticationV1().TokenReviews().Create(ctx,
			&authn.TokenReview{Spec: authn.TokenReviewSpec{Token: token, Audiences: audiences}}, metav1.CreateOptions{})
		if err != nil {
			return authn.UserInfo{}, fmt.Errorf("reviewing a token: %w", err)
		}
		// An API server without support for audiences does not name any.
		if review.Status.Authenticated && (audiences == nil || slices.Contains(review.Status.Audiences, Audience)) {
			return review.Status.User, nil
		}
	}
	return authn.UserInfo{}, ErrUnauthenticated
}

func (k *Kubernetes) allowed(ctx context.Context, user authn.UserInfo, want Attributes, resource, name string) (bool, error) {
	extra := make(map[string]authz.ExtraValue, len(user.Extra))
	for key, values := range user.Extra {
		extra[key] = authz.ExtraValue(values)
	}
	review, err := k.client.AuthorizationV1().SubjectAccessReviews().Create(ctx, &authz.SubjectAccessReview{
		Spec: authz.SubjectAccessReviewSpec{
			User: user.Username, UID: user.UID, Groups: user.Groups, Extra: extra,
			ResourceAttributes: &authz.ResourceAttributes{
				Group: "waypost.dev", Resource: resource, Subresource: want.Subresource,
				Verb: want.Verb, Namespace: want.Network, Name: name,
			},
		},
	}, metav1.CreateOptions{})
	if err != nil {
		return false, fmt.Errorf("reviewing access to %s/%s: %w", resource, want.Subresource, err)
	}
	return review.Status.Allowed, nil
}
