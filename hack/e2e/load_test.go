//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// counts are those of hack/e2e/load.
type counts struct {
	Clicks          int            `json:"clicks"`
	FailedClicks    int            `json:"failedClicks"`
	Orders          int            `json:"orders"`
	OrdersGivenUp   int            `json:"ordersGivenUp"`
	Repeats         int            `json:"repeats"`
	Queued          int            `json:"queued"`
	Verdicts        map[string]int `json:"verdicts"`
	SlowestClick    int64          `json:"slowestClickMillis"`
	SlowestPostback int64          `json:"slowestPostbackMillis"`
	Failures        []string       `json:"failures"`
}

func (c counts) String() string {
	return fmt.Sprintf("%d clicks, %d failed, slowest %d ms; %d orders, %d repeats, %d queued, slowest %d ms",
		c.Clicks, c.FailedClicks, c.SlowestClick, c.Orders, c.Repeats, c.Queued, c.SlowestPostback)
}

const loadPod = `
apiVersion: v1
kind: Pod
metadata: {name: load, namespace: waypost-system, labels: {app: load}}
spec:
  restartPolicy: Never
  securityContext: {runAsNonRoot: true, runAsUser: 65532, seccompProfile: {type: RuntimeDefault}}
  containers:
  - name: load
    image: REGISTRY/load:e2e
    args: [--url=http://waypost.waypost-system.svc.cluster.local]
    ports: [{containerPort: 8081}]
    readinessProbe: {httpGet: {path: /counts, port: 8081}, periodSeconds: 1}
    securityContext: {allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: {drop: [ALL]}}
---
apiVersion: v1
kind: Service
metadata: {name: collector, namespace: waypost-system}
spec:
  selector: {app: load}
  ports: [{port: 4318, targetPort: 8081}]
`

// startLoad begins to click through the Service, by its name, from a pod of its own.
func (s *suite) startLoad() {
	s.Helper()
	s.applyText(strings.ReplaceAll(loadPod, "REGISTRY", s.registry))
	s.kubectl("wait", "-n", systemNamespace, "--for=condition=Ready", "pod/load", "--timeout=1m")
	s.await("the first clicks", time.Minute, func() error {
		c, err := s.load(http.MethodGet, "/counts")
		if err == nil && c.Orders == 0 {
			err = fmt.Errorf("%w: %v %v", errNotYet, c, c.Failures)
		}
		return err
	})
	s.orders(s.phase()) // clicks that failed before the name could be resolved are not ours
}

func (s *suite) load(method, path string) (counts, error) {
	var c counts
	response, body, err := s.ask(method, "pods", "load", "8081", path)
	if err != nil {
		return c, err
	}
	if response.StatusCode != http.StatusOK {
		return c, fmt.Errorf("load answered %s: %s", response.Status, body)
	}
	return c, json.Unmarshal(body, &c)
}

// phase ends one and returns its counts.
func (s *suite) phase() counts {
	s.Helper()
	c, err := s.load(http.MethodPost, "/next")
	if err != nil {
		s.Fatal(err)
	}
	return c
}

// under runs a step under load and returns what the load saw meanwhile, from a
// moment before until a moment after.
func (s *suite) under(what string, f func()) counts {
	s.Helper()
	before := s.phase()
	s.took(what, f)
	settled := time.Now().Add(3 * time.Second)
	s.await("the load to go on", time.Minute, func() error {
		if time.Now().Before(settled) {
			return errNotYet
		}
		return nil
	})
	c := s.phase()
	s.timings.add("  meanwhile", c.String())
	if len(c.Failures) > 0 {
		s.timings.add("  the first failure, and the last", c.Failures[0]+" … "+c.Failures[len(c.Failures)-1])
	}
	s.orders(before)
	s.orders(c)
	return c
}

// orders adds up what was accepted; none may be given up.
func (s *suite) orders(c counts) {
	s.Helper()
	s.timings.orders += c.Orders
	if c.OrdersGivenUp > 0 {
		s.Errorf("%d postbacks were not accepted in two minutes: %v", c.OrdersGivenUp, c.Failures)
	}
	for verdict := range c.Verdicts {
		if verdict != "approved" && verdict != "queued" && verdict != "refused duplicate" {
			s.Errorf("postbacks were answered %q", verdict)
		}
	}
}

// noFailures is the promise of a rolling restart.
func (s *suite) noFailures(what string, c counts) {
	s.Helper()
	if c.FailedClicks > 0 {
		s.Errorf("%s: %d of %d clicks failed: %v", what, c.FailedClicks, c.Clicks, c.Failures)
	}
	if c.Clicks < 50 {
		s.Errorf("%s: only %d clicks, the load says nothing", what, c.Clicks)
	}
}

// tracesFrom waits until processes have sent spans, as tracing.endpoint tells them to.
func (s *suite) tracesFrom(processes ...string) {
	s.Helper()
	s.await("traces of "+strings.Join(processes, ", "), time.Minute, func() error {
		response, body, err := s.ask(http.MethodGet, "pods", "load", "8081", "/traces")
		if err != nil || response.StatusCode != http.StatusOK {
			return fmt.Errorf("%w: %v %s", errNotYet, err, body)
		}
		var sent map[string]int
		if err := json.Unmarshal(body, &sent); err != nil {
			return err
		}
		for _, process := range processes {
			if sent[process] == 0 {
				return fmt.Errorf("%w: %v", errNotYet, sent)
			}
		}
		return nil
	})
}

// stopLoad ends the clicks, waits for the postbacks under way and takes the pod away.
func (s *suite) stopLoad() {
	s.Helper()
	last, err := s.load(http.MethodPost, "/stop")
	if err != nil {
		s.Fatal(err)
	}
	s.orders(last)
	s.kubectl("delete", "pod", "-n", systemNamespace, "load", "--now")
}
