package charts

import (
	"fmt"
	"strings"
	"testing"

	authorization "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// right is one that somebody has or has not: "verb resource[/sub] [name]" in a namespace.
type right struct {
	what      string
	namespace string
}

func (r right) attributes() *authorization.ResourceAttributes {
	words := strings.Fields(r.what)
	attributes := &authorization.ResourceAttributes{Verb: words[0], Namespace: r.namespace}
	resource, group, _ := strings.Cut(words[1], ".")
	group, sub, found := strings.Cut(group, "/")
	if !found {
		resource, sub, _ = strings.Cut(resource, "/")
	}
	attributes.Resource, attributes.Group, attributes.Subresource = resource, group, sub
	if len(words) > 2 {
		attributes.Name = words[2]
	}
	return attributes
}

// allowed asks the API server's authorizer.
func allowed(t *testing.T, c client.Client, user string, groups []string, r right) bool {
	t.Helper()
	review := &authorization.SubjectAccessReview{Spec: authorization.SubjectAccessReviewSpec{
		User: user, Groups: groups, ResourceAttributes: r.attributes(),
	}}
	if err := c.Create(t.Context(), review); err != nil {
		t.Fatal(err)
	}
	return review.Status.Allowed
}

func account(name string) (user string, groups []string) {
	return fmt.Sprintf("system:serviceaccount:%s:%s", systemNamespace, name),
		[]string{"system:serviceaccounts", "system:serviceaccounts:" + systemNamespace, "system:authenticated"}
}

// forAll are rights that no part of Waypost has anywhere.
var forAll = []right{
	{"list secrets", "shop"}, {"watch secrets", "shop"}, {"update secrets", "shop"}, {"delete secrets", "shop"},
	{"list secrets", systemNamespace}, {"update secrets waypost-keys", systemNamespace}, {"delete secrets waypost-keys", systemNamespace},
	{"create pods", systemNamespace}, {"create pods/exec", systemNamespace}, {"update offers.waypost.dev", "shop"},
	{"create offers.waypost.dev", "shop"}, {"delete offers.waypost.dev", "shop"}, {"patch offers.waypost.dev", "shop"},
	{"create serviceaccounts/token", systemNamespace}, {"impersonate users", ""},
	{"update clusterroles.rbac.authorization.k8s.io", ""}, {"delete customresourcedefinitions.apiextensions.k8s.io", ""},
	{"get configmaps", "shop"}, {"get configmaps", systemNamespace}, {"create namespaces", ""}, {"list nodes", ""},
}

// TestRights: each part can do what it must, and nothing of what would hurt.
func TestRights(t *testing.T) {
	c := apiServer(t)
	apply(t, c, objects(t))
	apply(t, c, objects(t, distributed...))
	for _, part := range []struct {
		account string
		may     []right
		mayNot  []right
	}{
		{
			account: "waypost-operator",
			may: []right{
				{"list offers.waypost.dev", "shop"}, {"watch goals.waypost.dev", "shop"}, {"patch offers.waypost.dev/status", "shop"},
				{"get secrets acme-key", "shop"}, {"create events.events.k8s.io", "shop"},
				{"create configmaps", snapshotNamespace}, {"update configmaps waypost-manifest", snapshotNamespace},
				{"delete configmaps x", snapshotNamespace}, {"list configmaps", snapshotNamespace}, {"watch configmaps", snapshotNamespace},
				{"list pods", systemNamespace}, {"watch pods", systemNamespace}, {"update leases.coordination.k8s.io waypost-operator", systemNamespace},
				{"get networks.waypost.dev/deliveries", "shop"}, {"get networks.waypost.dev/deliveries", ""},
				{"get configmaps waypost-keys-fingerprints", systemNamespace}, {"update configmaps waypost-keys-fingerprints", systemNamespace},
			},
			mayNot: []right{
				{"get configmaps other", systemNamespace}, {"create configmaps", systemNamespace}, {"delete configmaps waypost-keys-fingerprints", systemNamespace},
				{"list pods", "shop"}, {"delete pods x", systemNamespace}, {"update leases.coordination.k8s.io other", systemNamespace},
				{"update offers.waypost.dev/status", "shop"}, {"create subjectaccessreviews.authorization.k8s.io", ""},
				{"update networks.waypost.dev/deliveries", "shop"}, {"get networks.waypost.dev/reports", "shop"}, {"get networks.waypost.dev/conversions", "shop"},
			},
		},
		{
			account: "waypost-tracker",
			may:     []right{{"get configmaps waypost-shard-x", snapshotNamespace}, {"watch configmaps waypost-manifest", snapshotNamespace}},
			mayNot: []right{
				{"list configmaps", snapshotNamespace}, {"watch configmaps other", snapshotNamespace}, {"update configmaps waypost-manifest", snapshotNamespace},
				{"create configmaps", snapshotNamespace}, {"get secrets x", snapshotNamespace}, {"get secrets waypost-keys", systemNamespace},
				{"get secrets x", "shop"}, {"get offers.waypost.dev x", "shop"}, {"list pods", systemNamespace}, {"create tokenreviews.authentication.k8s.io", ""},
			},
		},
		{
			account: "waypost-ledger",
			may:     []right{{"create tokenreviews.authentication.k8s.io", ""}, {"create subjectaccessreviews.authorization.k8s.io", ""}},
			mayNot: []right{
				{"get configmaps x", snapshotNamespace}, {"get secrets x", "shop"}, {"get secrets waypost-keys", systemNamespace},
				{"get offers.waypost.dev x", "shop"}, {"list pods", systemNamespace},
			},
		},
		{
			account: "waypost-serve",
			may: []right{
				{"get configmaps waypost-shard-x", snapshotNamespace}, {"watch configmaps waypost-manifest", snapshotNamespace},
				{"create tokenreviews.authentication.k8s.io", ""}, {"create subjectaccessreviews.authorization.k8s.io", ""},
			},
			mayNot: []right{
				{"list configmaps", snapshotNamespace}, {"update configmaps waypost-manifest", snapshotNamespace}, {"get secrets x", "shop"},
				{"get offers.waypost.dev x", "shop"}, {"list pods", systemNamespace},
			},
		},
		{
			account: "waypost-keys",
			may: []right{{"create secrets", systemNamespace}, {"get secrets waypost-keys", systemNamespace}, {"get secrets waypost-keys-verify", systemNamespace},
				{"create configmaps", systemNamespace}, {"get configmaps waypost-keys-fingerprints", systemNamespace}},
			mayNot: []right{{"update configmaps waypost-keys-fingerprints", systemNamespace}, {"get configmaps other", systemNamespace}, {"get secrets other", systemNamespace}, {"create secrets", "shop"}, {"create secrets", snapshotNamespace}},
		},
		{
			account: "waypost-reader",
			may:     []right{{"get networks.waypost.dev/reports", ""}, {"get networks.waypost.dev/conversions", "shop"}},
			mayNot:  []right{{"update networks.waypost.dev/conversions", "shop"}, {"get offers.waypost.dev x", "shop"}, {"get secrets x", "shop"}},
		},
	} {
		user, groups := account(part.account)
		for _, r := range part.may {
			if !allowed(t, c, user, groups, r) {
				t.Errorf("%s may not %s in %q", part.account, r.what, r.namespace)
			}
		}
		for _, r := range append(part.mayNot, forAll...) {
			if allowed(t, c, user, groups, r) {
				t.Errorf("%s may %s in %q", part.account, r.what, r.namespace)
			}
		}
	}
}

// TestRightsOfNamedNetworks: with networks.namespaces the operator's rights end there.
func TestRightsOfNamedNetworks(t *testing.T) {
	c := apiServer(t)
	inside, outside := testNamespace(t, c), testNamespace(t, c)
	all := objects(t, "--set", "networks.namespaces={"+inside+"}", "--set", "fullnameOverride=narrow", "--set", "snapshots.namespace=narrow-snapshots")
	apply(t, c, all)
	user, groups := account("narrow-operator")
	for _, what := range []string{"list offers.waypost.dev", "patch goals.waypost.dev/status", "get secrets x"} {
		if !allowed(t, c, user, groups, right{what, inside}) {
			t.Errorf("may not %s in its network", what)
		}
		if allowed(t, c, user, groups, right{what, outside}) {
			t.Errorf("may %s in another namespace", what)
		}
	}
}

// TestPeople: reports and moderation are plain RBAC, by network.
func TestPeople(t *testing.T) {
	c := apiServer(t)
	apply(t, c, objects(t))
	namespace := testNamespace(t, c)
	bind(t, c, namespace, "waypost-reports", "anna")
	bind(t, c, namespace, "waypost-moderation", "mona")
	groups := []string{"system:authenticated"}
	for _, check := range []struct {
		user string
		right
		want bool
	}{
		{"anna", right{"get networks.waypost.dev/reports", namespace}, true},
		{"anna", right{"get networks.waypost.dev/reports", "shop"}, false},
		{"anna", right{"get networks.waypost.dev/reports", ""}, false},
		{"anna", right{"update networks.waypost.dev/conversions", namespace}, false},
		{"mona", right{"get networks.waypost.dev/conversions", namespace}, true},
		{"mona", right{"update networks.waypost.dev/conversions", namespace}, true},
		{"mona", right{"update networks.waypost.dev/deliveries", namespace}, true},
		{"mona", right{"update networks.waypost.dev/conversions", "shop"}, false},
		{"mona", right{"update offers.waypost.dev", namespace}, false},
		{"otto", right{"get networks.waypost.dev/reports", namespace}, false},
	} {
		if got := allowed(t, c, check.user, groups, check.right); got != check.want {
			t.Errorf("%s: %s in %q is %v, want %v", check.user, check.what, check.namespace, got, check.want)
		}
	}
}

func testNamespace(t *testing.T, c client.Client) string {
	t.Helper()
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "network-"}}
	if err := c.Create(t.Context(), namespace); err != nil {
		t.Fatal(err)
	}
	return namespace.Name
}

func bind(t *testing.T, c client.Client, namespace, role, user string) {
	t.Helper()
	binding := &rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: user},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: role},
		Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: "User", Name: user}},
	}
	if err := c.Create(t.Context(), binding); err != nil {
		t.Fatal(err)
	}
}
