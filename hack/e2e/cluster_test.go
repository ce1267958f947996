//go:build e2e

package e2e

import (
	"fmt"
	"os"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func isReady(pod *corev1.Pod) bool {
	if pod.DeletionTimestamp != nil {
		return false
	}
	for _, c := range pod.Status.Conditions {
		if c.Type == corev1.PodReady {
			return c.Status == corev1.ConditionTrue
		}
	}
	return false
}

func (s *suite) pods(selector string) []corev1.Pod {
	s.Helper()
	pods, err := s.client.CoreV1().Pods(systemNamespace).List(s.Context(), metav1.ListOptions{LabelSelector: selector})
	if err != nil {
		s.Fatal(err)
	}
	return pods.Items
}

func (s *suite) firstPod(selector string) string {
	s.Helper()
	var name string
	s.await("a ready pod "+selector, 2*time.Minute, func() error {
		for _, pod := range s.pods(selector) {
			if isReady(&pod) {
				name = pod.Name
				return nil
			}
		}
		return errNotYet
	})
	return name
}

// kill ends a pod's process with SIGKILL and waits until another runs in its place.
// Where the test cannot reach into the node, the pod is deleted without grace.
func (s *suite) kill(name string) {
	s.Helper()
	pods := s.client.CoreV1().Pods(systemNamespace)
	before, err := pods.Get(s.Context(), name, metav1.GetOptions{})
	if err != nil {
		s.Fatal(err)
	}
	killer := os.Getenv("E2E_KILL")
	if killer == "" {
		now := int64(0)
		if err := pods.Delete(s.Context(), name, metav1.DeleteOptions{GracePeriodSeconds: &now}); err != nil {
			s.Fatal(err)
		}
		return
	}
	container := before.Status.ContainerStatuses[0]
	s.run(killer, strings.TrimPrefix(container.ContainerID, "containerd://"))
	s.await("the end of "+name, time.Minute, func() error {
		after, err := pods.Get(s.Context(), name, metav1.GetOptions{})
		if err == nil && after.Status.ContainerStatuses[0].RestartCount == container.RestartCount {
			err = errNotYet
		}
		return err
	})
}

// leader is the operator's pod that holds the lease.
func (s *suite) leader() string {
	s.Helper()
	lease, err := s.client.CoordinationV1().Leases(systemNamespace).Get(s.Context(), "waypost-operator", metav1.GetOptions{})
	if err != nil || lease.Spec.HolderIdentity == nil {
		s.Fatalf("no operator leads: %v", err)
	}
	pod, _, _ := strings.Cut(*lease.Spec.HolderIdentity, "_")
	return pod
}

// drain evicts pods as kubectl drain does, each as soon as the budget lets it, and
// returns how often it had to wait.
func (s *suite) drain(selector string) (refused int) {
	s.Helper()
	for _, pod := range s.pods(selector) {
		s.await("the eviction of "+pod.Name, 3*time.Minute, func() error {
			err := s.client.PolicyV1().Evictions(systemNamespace).Evict(s.Context(), &policyv1.Eviction{
				ObjectMeta: metav1.ObjectMeta{Name: pod.Name, Namespace: systemNamespace},
			})
			if apierrors.IsTooManyRequests(err) {
				refused++
			}
			if apierrors.IsNotFound(err) {
				return nil
			}
			return err
		})
	}
	return refused
}

// makeNamespace makes Waypost's namespace as docs/security.md asks for it.
func (s *suite) makeNamespace(name string, labels map[string]string) {
	s.Helper()
	_, err := s.client.CoreV1().Namespaces().Create(s.Context(), &corev1.Namespace{
		ObjectMeta: metav1.ObjectMeta{Name: name, Labels: labels},
	}, metav1.CreateOptions{})
	if err != nil && !apierrors.IsAlreadyExists(err) {
		s.Fatal(err)
	}
}

// makeVolumes offers directories of the node as volumes, where the cluster provides none.
func (s *suite) makeVolumes() {
	s.Helper()
	directory := os.Getenv("E2E_VOLUMES")
	if directory == "" {
		return
	}
	nodes, err := s.client.CoreV1().Nodes().List(s.Context(), metav1.ListOptions{})
	if err != nil || len(nodes.Items) == 0 {
		s.Fatalf("no node: %v", err)
	}
	here := &corev1.VolumeNodeAffinity{Required: &corev1.NodeSelector{NodeSelectorTerms: []corev1.NodeSelectorTerm{{
		MatchExpressions: []corev1.NodeSelectorRequirement{{
			Key: corev1.LabelHostname, Operator: corev1.NodeSelectorOpIn, Values: []string{nodes.Items[0].Labels[corev1.LabelHostname]},
		}},
	}}}}
	for i := 1; i <= 8; i++ {
		volume := &corev1.PersistentVolume{
			ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("waypost-e2e-%d", i)},
			Spec: corev1.PersistentVolumeSpec{
				Capacity:    corev1.ResourceList{corev1.ResourceStorage: resource.MustParse("20Gi")},
				AccessModes: []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce},
				PersistentVolumeSource: corev1.PersistentVolumeSource{
					Local: &corev1.LocalVolumeSource{Path: fmt.Sprintf("%s/%d", directory, i)},
				},
				NodeAffinity:                  here,
				PersistentVolumeReclaimPolicy: corev1.PersistentVolumeReclaimRetain,
			},
		}
		if _, err := s.client.CoreV1().PersistentVolumes().Create(s.Context(), volume, metav1.CreateOptions{}); err != nil {
			s.Fatal(err)
		}
	}
}
