package admin

import (
	"context"
	"errors"
	"os"
	"testing"
	"testing/synctest"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/fake"
	clienttesting "k8s.io/client-go/testing"

	"github.com/waypost/waypost/hack/testenv"
)

var shared testenv.Shared

func TestMain(m *testing.M) { os.Exit(shared.Main(m)) }

// people are service accounts of one network on a real API server.
type people struct {
	t       *testing.T
	client  kubernetes.Interface
	network string
}

func newPeople(t *testing.T) people {
	t.Helper()
	environment := shared.Environment(t)
	client, err := kubernetes.NewForConfig(environment.Config)
	if err != nil {
		t.Fatal(err)
	}
	return people{t, client, testenv.Namespace(t, environment.Config)}
}

// with makes somebody with these rights in the network, and returns a token.
func (p people) with(name string, rules ...rbacv1.PolicyRule) string {
	p.t.Helper()
	ctx, meta := p.t.Context(), metav1.ObjectMeta{Name: name}
	_, err := p.client.CoreV1().ServiceAccounts(p.network).Create(ctx, &corev1.ServiceAccount{ObjectMeta: meta}, metav1.CreateOptions{})
	if err != nil {
		p.t.Fatal(err)
	}
	if _, err := p.client.RbacV1().Roles(p.network).Create(ctx, &rbacv1.Role{ObjectMeta: meta, Rules: rules}, metav1.CreateOptions{}); err != nil {
		p.t.Fatal(err)
	}
	_, err = p.client.RbacV1().RoleBindings(p.network).Create(ctx, &rbacv1.RoleBinding{
		ObjectMeta: meta,
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: name},
		Subjects:   []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Name: name, Namespace: p.network}},
	}, metav1.CreateOptions{})
	if err != nil {
		p.t.Fatal(err)
	}
	return p.token(name)
}

// token makes a token of somebody, for the API server or for other audiences.
func (p people) token(name string, audiences ...string) string {
	p.t.Helper()
	request := &authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{Audiences: audiences}}
	answer, err := p.client.CoreV1().ServiceAccounts(p.network).CreateToken(p.t.Context(), name, request, metav1.CreateOptions{})
	if err != nil {
		p.t.Fatal(err)
	}
	return answer.Status.Token
}

func rule(verb string, resources ...string) rbacv1.PolicyRule {
	return rbacv1.PolicyRule{APIGroups: []string{"waypost.dev"}, Resources: resources, Verbs: []string{verb}}
}

// TestKubernetesAuthorizes: a real API server says who the caller is and what plain
// Roles allow.
func TestKubernetesAuthorizes(t *testing.T) {
	p := newPeople(t)
	reader := p.with("anna", rule("get", "networks/reports", "networks/conversions"))
	moderator := p.with("mona", rule("get", "networks/conversions"), rule("update", "networks/conversions"))
	nobody := p.with("otto")
	for _, check := range []struct {
		name  string
		token string
		want  Attributes
		err   error
	}{
		{"reads reports", reader, Attributes{Verb: "get", Subresource: "reports", Network: p.network}, nil},
		{"of another network", reader, Attributes{Verb: "get", Subresource: "reports", Network: "default"}, ErrForbidden},
		{"of all networks", reader, Attributes{Verb: "get", Subresource: "reports"}, ErrForbidden},
		{"deliveries, without the right", reader, Attributes{Verb: "get", Subresource: "deliveries", Network: p.network}, ErrForbidden},
		{"reading is not deciding", reader, Attributes{Verb: "update", Subresource: "conversions", Network: p.network}, ErrForbidden},
		{"decides", moderator, Attributes{Verb: "update", Subresource: "conversions", Network: p.network}, nil},
		{"deciding is not reading reports", moderator, Attributes{Verb: "get", Subresource: "reports", Network: p.network}, ErrForbidden},
		{"nobody", nobody, Attributes{Verb: "get", Subresource: "reports", Network: p.network}, ErrForbidden},
		{"no token", "", Attributes{Verb: "get", Subresource: "reports", Network: p.network}, ErrUnauthenticated},
		{"forged token", reader[:len(reader)-8] + "AAAAAAAA", Attributes{Verb: "get", Subresource: "reports", Network: p.network}, ErrUnauthenticated},
		{"no token at all", "not-a-token", Attributes{Verb: "get", Subresource: "reports", Network: p.network}, ErrUnauthenticated},
	} {
		t.Run(check.name, func(t *testing.T) {
			caller, err := NewKubernetes(p.client).Authorize(t.Context(), check.token, check.want)
			if !errors.Is(err, check.err) || check.err == nil && err != nil {
				t.Fatalf("%v, want %v", err, check.err)
			}
			if err == nil && (caller.PartnerOnly || caller.Name == "") {
				t.Errorf("caller %+v", caller)
			}
		})
	}
}

// TestKubernetesAudience: a token for the ledger alone is as good here as one for the
// API server, one for somebody else is not.
func TestKubernetesAudience(t *testing.T) {
	p := newPeople(t)
	p.with("operator", rule("get", "networks/deliveries"))
	want := Attributes{Verb: "get", Subresource: "deliveries", Network: p.network}
	authorizer := NewKubernetes(p.client)
	if caller, err := authorizer.Authorize(t.Context(), p.token("operator", Audience), want); err != nil || caller.Name != "system:serviceaccount:"+p.network+":operator" {
		t.Errorf("a token for the ledger: %+v, %v", caller, err)
	}
	if _, err := authorizer.Authorize(t.Context(), p.token("operator", "somebody-else"), want); !errors.Is(err, ErrUnauthenticated) {
		t.Errorf("a token for somebody else: %v, want %v", err, ErrUnauthenticated)
	}
}

// TestKubernetesPartner: a right on one partner shows that partner's numbers alone.
func TestKubernetesPartner(t *testing.T) {
	p := newPeople(t)
	own := rule("get", "partners/reports")
	own.ResourceNames = []string{"best-blog"}
	token := p.with("blogger", own)
	authorizer := NewKubernetes(p.client)
	caller, err := authorizer.Authorize(t.Context(), token, Attributes{Verb: "get", Subresource: "reports", Network: p.network, Partner: "best-blog"})
	if err != nil || !caller.PartnerOnly {
		t.Errorf("own numbers: %+v, %v, want them as a partner", caller, err)
	}
	for name, want := range map[string]Attributes{
		"another partner's": {Verb: "get", Subresource: "reports", Network: p.network, Partner: "deal-hunter"},
		"everybody's":       {Verb: "get", Subresource: "reports", Network: p.network},
		"conversions":       {Verb: "get", Subresource: "conversions", Network: p.network, Partner: "best-blog"},
		"another network's": {Verb: "get", Subresource: "reports", Network: "default", Partner: "best-blog"},
		"deciding":          {Verb: "update", Subresource: "conversions", Network: p.network, Partner: "best-blog"},
	} {
		if _, err := authorizer.Authorize(t.Context(), token, want); !errors.Is(err, ErrForbidden) {
			t.Errorf("%s: %v, want %v", name, err, ErrForbidden)
		}
	}
}

// reviewer is an API server that counts what it is asked.
func reviewer(allowed *bool, asked *int, failing error) kubernetes.Interface {
	client := fake.NewClientset()
	client.PrependReactor("create", "tokenreviews", func(clienttesting.Action) (bool, runtime.Object, error) {
		*asked++
		return true, &authenticationv1.TokenReview{Status: authenticationv1.TokenReviewStatus{Authenticated: true}}, failing
	})
	client.PrependReactor("create", "subjectaccessreviews", func(clienttesting.Action) (bool, runtime.Object, error) {
		return true, &authorizationv1.SubjectAccessReview{Status: authorizationv1.SubjectAccessReviewStatus{Allowed: *allowed}}, nil
	})
	return client
}

// TestKubernetesRemembersForTenSeconds: the API server is spared, and a withdrawn
// right ends.
func TestKubernetesRemembersForTenSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		allowed, asked := true, 0
		authorizer := NewKubernetes(reviewer(&allowed, &asked, nil))
		want := Attributes{Verb: "get", Subresource: "reports", Network: "shop"}
		for range 5 {
			if _, err := authorizer.Authorize(t.Context(), "token", want); err != nil {
				t.Fatal(err)
			}
		}
		if asked != 1 {
			t.Errorf("asked %d times, want once", asked)
		}
		allowed = false
		time.Sleep(decisionsFor + time.Second)
		if _, err := authorizer.Authorize(t.Context(), "token", want); !errors.Is(err, ErrForbidden) {
			t.Errorf("a withdrawn right still works: %v", err)
		}
	})
}

// TestKubernetesDoesNotRememberFailures: an API server that is away is asked again.
func TestKubernetesDoesNotRememberFailures(t *testing.T) {
	allowed, asked := true, 0
	authorizer := NewKubernetes(reviewer(&allowed, &asked, errors.New("away")))
	for range 2 {
		_, err := authorizer.Authorize(context.Background(), "token", Attributes{Verb: "get", Subresource: "reports"})
		if err == nil || errors.Is(err, ErrForbidden) || errors.Is(err, ErrUnauthenticated) {
			t.Errorf("%v, want an error that says nothing about the caller", err)
		}
	}
	if asked != 2 {
		t.Errorf("asked %d times, want every time", asked)
	}
}
