//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

const (
	systemNamespace   = "waypost-system"
	snapshotNamespace = "waypost-snapshots"
	network           = "shop"
	root              = "../.."
	oldVersion        = "e2e-1"
	newVersion        = "e2e-2"
)

// suite is a cluster, and what the parts of the test know of each other.
type suite struct {
	*testing.T
	client   kubernetes.Interface
	http     *http.Client
	host     string
	registry string
	timings  *timings
	// clickID is a click of the first installation; it must stay valid.
	clickID string
}

func newSuite(t *testing.T) *suite {
	t.Helper()
	config, err := clientcmd.BuildConfigFromFlags("", os.Getenv("KUBECONFIG"))
	if err != nil {
		t.Fatalf("%v: run this by make e2e", err)
	}
	config.QPS, config.Burst = 100, 200
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	transport, err := rest.TransportFor(config)
	if err != nil {
		t.Fatal(err)
	}
	return &suite{
		T: t, client: client, host: config.Host, registry: os.Getenv("E2E_REGISTRY"), timings: &timings{},
		http: &http.Client{
			Transport: transport, Timeout: 10 * time.Second,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
}

// part runs a subtest with the suite in its hands; the later ones need it.
func (s *suite) part(name string, f func(*suite)) {
	s.Helper()
	passed := s.Run(name, func(t *testing.T) {
		inner := *s
		inner.T = t
		f(&inner)
		s.clickID = inner.clickID
	})
	if !passed {
		s.Fatalf("%s failed; what follows builds on it", name)
	}
}

func (s *suite) run(name string, args ...string) string {
	s.Helper()
	out, err := s.try(name, args...)
	if err != nil {
		s.Fatalf("%s %s: %v", filepath.Base(name), strings.Join(args, " "), err)
	}
	return out
}

func (s *suite) try(name string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(s.Context(), 8*time.Minute)
	defer cancel()
	var out, problems bytes.Buffer
	command := exec.CommandContext(ctx, name, args...)
	command.Stdout, command.Stderr = &out, &problems
	if err := command.Run(); err != nil {
		return out.String(), fmt.Errorf("%w\n%s%s", err, out.String(), problems.String())
	}
	return out.String(), nil
}

func (s *suite) kubectl(args ...string) string {
	s.Helper()
	return s.run(filepath.Join(root, "bin", "kube", "kubectl"), args...)
}

func (s *suite) tryKubectl(args ...string) (string, error) {
	return s.try(filepath.Join(root, "bin", "kube", "kubectl"), args...)
}

func (s *suite) helm(args ...string) string {
	s.Helper()
	return s.run(filepath.Join(root, "bin", "tools", "helm"), args...)
}

// helmInstall installs or upgrades and waits until all of it is ready.
func (s *suite) helmInstall(chart, version string, args ...string) {
	s.Helper()
	s.helm(append([]string{
		"upgrade", "--install", "waypost", chart, "--namespace", systemNamespace, "--wait", "--timeout", "5m",
		"--set", "image.repository=" + s.registry + "/waypost", "--set", "image.tag=" + version,
	}, args...)...)
}

// helmUpgrade brings the release to this chart and version as docs/operate.md says, on
// the values that it has.
func (s *suite) helmUpgrade(args ...string) {
	s.Helper()
	s.helm(append([]string{
		"upgrade", "waypost", s.chart(), "--namespace", systemNamespace, "--reset-then-reuse-values",
		"--wait", "--timeout", "5m", "--set", "image.tag=" + newVersion,
	}, args...)...)
}

func (s *suite) chart() string { return filepath.Join(root, "charts", "waypost") }

// await polls until ok returns nil, and fails with its last error.
func (s *suite) await(what string, limit time.Duration, ok func() error) {
	s.Helper()
	deadline := time.Now().Add(limit)
	for {
		err := ok()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			s.Fatalf("%s within %s: %v", what, limit, err)
		}
		select {
		case <-s.Context().Done():
			s.Fatalf("%s: %v", what, s.Context().Err())
		case <-time.After(100 * time.Millisecond): // a poll of another machine's state
		}
	}
}

var errNotYet = errors.New("not yet")

// podsReady waits until a label's pods are so many, ready, and none is on its way out.
func (s *suite) podsReady(selector string, want int) {
	s.Helper()
	s.await(fmt.Sprintf("%d pods %s ready", want, selector), 3*time.Minute, func() error {
		pods, err := s.client.CoreV1().Pods(systemNamespace).List(s.Context(), metav1.ListOptions{LabelSelector: selector})
		if err != nil {
			return err
		}
		ready := 0
		for i := range pods.Items {
			if isReady(&pods.Items[i]) {
				ready++
			}
		}
		if ready != want || len(pods.Items) != want {
			return fmt.Errorf("%w: %d of %d", errNotYet, ready, len(pods.Items))
		}
		return nil
	})
}
