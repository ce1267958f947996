package charts

import (
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
)

// policies reads the NetworkPolicies of an installation.
func policies(t *testing.T, all []*unstructured.Unstructured) []networkingv1.NetworkPolicy {
	t.Helper()
	var found []networkingv1.NetworkPolicy
	for _, o := range all {
		if o.GetKind() != "NetworkPolicy" {
			continue
		}
		var policy networkingv1.NetworkPolicy
		if err := runtime.DefaultUnstructuredConverter.FromUnstructured(o.Object, &policy); err != nil {
			t.Fatal(err)
		}
		found = append(found, policy)
	}
	return found
}

// selecting returns the policies for a pod.
func selecting(pod map[string]any, all []networkingv1.NetworkPolicy) (found []networkingv1.NetworkPolicy) {
	podLabels, _, _ := unstructured.NestedStringMap(pod, "metadata", "labels")
	for _, policy := range all {
		if labels.SelectorFromSet(policy.Spec.PodSelector.MatchLabels).Matches(labels.Set(podLabels)) {
			found = append(found, policy)
		}
	}
	return found
}

// TestNetworkPolicies: every pod has a policy for both directions, only the public
// port is open to everybody, and only who makes outgoing calls reaches the Internet.
func TestNetworkPolicies(t *testing.T) {
	callers := []string{"Deployment waypost-ledger", "StatefulSet waypost-ledger", "StatefulSet waypost-serve"}
	for mode, args := range modes {
		all := objects(t, args...)
		for name, pod := range pods(t, all) {
			matching := selecting(pod, policies(t, all))
			if len(matching) != 1 {
				t.Errorf("%s, %s: %d policies, want one", mode, name, len(matching))
				continue
			}
			policy := matching[0].Spec
			if len(policy.PolicyTypes) != 2 {
				t.Errorf("%s, %s: policy for %v, want both directions", mode, name, policy.PolicyTypes)
			}
			for _, rule := range policy.Ingress {
				if len(rule.From) == 0 && !onlyPort(rule.Ports, "public") {
					t.Errorf("%s, %s: everybody reaches %v", mode, name, rule.Ports)
				}
			}
			if got, want := reachesInternet(policy.Egress), slices.Contains(callers, name); got != want {
				t.Errorf("%s, %s: reaches public addresses on any port: %v, want %v", mode, name, got, want)
			}
		}
	}
}

func onlyPort(ports []networkingv1.NetworkPolicyPort, name string) bool {
	return len(ports) == 1 && ports[0].Port != nil && ports[0].Port.String() == name && *ports[0].Protocol == corev1.ProtocolTCP
}

// reachesInternet tells whether a rule lets a pod call any port of public addresses;
// it must then leave private ones out.
func reachesInternet(rules []networkingv1.NetworkPolicyEgressRule) bool {
	for _, rule := range rules {
		if len(rule.Ports) > 0 {
			continue
		}
		for _, peer := range rule.To {
			if peer.IPBlock == nil || !slices.ContainsFunc(peer.IPBlock.Except, func(cidr string) bool {
				return cidr == "169.254.0.0/16" || cidr == "fe80::/10"
			}) {
				return false
			}
		}
		return true
	}
	return false
}

// TestTracesLeave: with an endpoint for traces every component reaches its port, and
// without one nothing is opened.
func TestTracesLeave(t *testing.T) {
	for endpoint, port := range map[string]int{
		"": 4318, "http://otel.observability:4318": 4318, "https://otlp.example.net": 443, "http://otlp.example.net/v1": 80, "http://[fd00::1]:4319": 4319,
	} {
		for mode, args := range modes {
			all := objects(t, append([]string{"--set", "tracing.endpoint=" + endpoint, "--set", "networkPolicy.apiServer.ports={6443}"}, args...)...)
			for _, policy := range policies(t, all) {
				want := endpoint != "" && policy.Labels["app.kubernetes.io/component"] != "keys"
				if got := opens(policy.Spec.Egress, port); got != want {
					t.Errorf("%q, %s, %s: reaches port %d: %v, want %v", endpoint, mode, policy.Name, port, got, want)
				}
			}
		}
	}
}

// opens reports whether a rule names the port alone; those for whole ranges name none.
func opens(rules []networkingv1.NetworkPolicyEgressRule, port int) bool {
	return slices.ContainsFunc(rules, func(rule networkingv1.NetworkPolicyEgressRule) bool {
		return len(rule.Ports) == 1 && rule.Ports[0].Port.IntValue() == port
	})
}
