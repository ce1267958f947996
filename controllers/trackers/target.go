package trackers

import (
	"net"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// Target is one tracker that is asked.
type Target struct {
	// Name is for messages: the pod's name, or the URL.
	Name string
	// URL is the root of its admin port, for example http://10.0.0.7:9090.
	URL string
	// Ready reports that the cluster routes traffic to it. Such a tracker counts
	// even while it does not answer: it may be serving something old. A target
	// that is not known to be ready counts while it answers that it serves.
	Ready bool
}

// URLTargets returns targets for trackers that are no pods.
func URLTargets(urls []string) []Target {
	targets := make([]Target, 0, len(urls))
	for _, u := range urls {
		u = strings.TrimRight(u, "/")
		targets = append(targets, Target{Name: u, URL: u})
	}
	return targets
}

// adminPortName is the name of the container port that answers; a pod without a
// port of this name is asked at the fallback port.
const adminPortName = "admin"

// PodTarget returns the target of a tracker pod; ok is false for a pod that gets
// no traffic: not ready, without an address, or on its way out.
func PodTarget(pod *corev1.Pod, fallbackPort int) (target Target, ok bool) {
	if pod.DeletionTimestamp != nil || pod.Status.PodIP == "" || !podReady(pod) {
		return Target{}, false
	}
	address := net.JoinHostPort(pod.Status.PodIP, strconv.Itoa(adminPort(pod, fallbackPort)))
	return Target{Name: pod.Name, URL: "http://" + address, Ready: true}, true
}

func podReady(pod *corev1.Pod) bool {
	for _, c := range pod.Status.Conditions {
		if c.Type == corev1.PodReady {
			return c.Status == corev1.ConditionTrue
		}
	}
	return false
}

func adminPort(pod *corev1.Pod, fallback int) int {
	for _, container := range pod.Spec.Containers {
		for _, port := range container.Ports {
			if port.Name == adminPortName {
				return int(port.ContainerPort)
			}
		}
	}
	return fallback
}
