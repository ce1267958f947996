//go:build e2e

package e2e

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

const trackers = "app.kubernetes.io/component=tracker"

// distributedValues are those of the chart's own example.
func (s *suite) distributedValues() []string {
	return append([]string{
		"--values", filepath.Join(s.example(), "values.yaml"), "--set", "tracing.endpoint=http://collector:4318",
	}, small...)
}

func (s *suite) example() string { return filepath.Join(s.chart(), "examples", "distributed") }

func (s *suite) applyText(manifest string) {
	s.Helper()
	file := filepath.Join(s.TempDir(), "manifest.yaml")
	if err := os.WriteFile(file, []byte(manifest), 0o600); err != nil {
		s.Fatal(err)
	}
	s.kubectl("apply", "-n", systemNamespace, "-f", file)
}

var natsImage = regexp.MustCompile(`image: \S*/nats-server:\S*`)

// installNATS brings up the three servers of the chart's example.
func (s *suite) installNATS() {
	s.Helper()
	secret := make([]byte, 24)
	if _, err := rand.Read(secret); err != nil {
		s.Fatal(err)
	}
	password := hex.EncodeToString(secret)
	var urls []string
	for i := range 3 {
		urls = append(urls, fmt.Sprintf("nats://waypost:%s@nats-%d.nats:4222", password, i))
	}
	s.kubectl("create", "secret", "generic", "-n", systemNamespace, "nats-access",
		"--from-literal=password="+password, "--from-literal=url="+strings.Join(urls, ","))
	manifest, err := os.ReadFile(filepath.Join(s.example(), "nats.yaml"))
	if err != nil {
		s.Fatal(err)
	}
	s.applyText(natsImage.ReplaceAllString(string(manifest), "image: "+s.registry+"/nats-server:e2e"))
	s.kubectl("rollout", "status", "-n", systemNamespace, "statefulset/nats", "--timeout=3m")
}

func distributedInstall(s *suite) {
	s.took("three NATS servers, until ready", s.installNATS)
	previous := os.Getenv("E2E_PREVIOUS_CHART")
	s.took("helm install of the previous chart, distributed", func() { s.helmInstall(previous, oldVersion, s.distributedValues()...) })
	s.applySamples()
	s.podsReady(trackers, 3)
	s.mustClick()
	s.startLoad()
}

func distributedEdit(s *suite) {
	var served, ready []time.Duration
	for i := range 3 {
		ready = append(ready, s.editIsReady(fmt.Sprintf("d-ready-%d", i)))
		served = append(served, s.edit(fmt.Sprintf("d-edit-%d", i)))
	}
	s.timings.spread("kubectl patch to a click that goes there, 3 trackers", served)
	s.timings.spread("kubectl patch to Ready, 3 trackers", ready)
	s.tracesFrom("waypost-operator", "waypost-tracker", "waypost-ledger")
}

func distributedRestart(s *suite) {
	c := s.under("rolling restart of the trackers, under load", func() {
		s.kubectl("rollout", "restart", "-n", systemNamespace, "deployment/waypost-tracker")
		s.kubectl("rollout", "status", "-n", systemNamespace, "deployment/waypost-tracker", "--timeout=5m")
		s.podsReady(trackers, 3)
	})
	s.noFailures("rolling restart", c)
}

func distributedDrain(s *suite) {
	refused := 0
	c := s.under("every tracker evicted, under load", func() {
		refused = s.drain(trackers)
		s.podsReady(trackers, 3)
	})
	if refused == 0 {
		s.Error("three evictions in a row went through: the budget does not hold")
	}
	s.timings.add("  evictions that the budget put off", fmt.Sprint(refused))
	s.noFailures("drain", c)
}

func distributedUpgrade(s *suite) {
	c := s.under("helm upgrade of chart and image, under load", func() {
		s.helmUpgrade()
		s.podsReady(trackers, 3)
	})
	s.noFailures("upgrade", c)
	for _, pod := range s.pods(trackers) {
		if image := pod.Spec.Containers[0].Image; !strings.HasSuffix(image, ":"+newVersion) {
			s.Errorf("%s runs %s", pod.Name, image)
		}
	}
}

// distributedKill: what is killed may fail a request that it holds; no order may be
// lost, and none counted twice.
func distributedKill(s *suite) {
	s.under("a tracker killed, until three are ready", func() {
		s.kill(s.pods(trackers)[0].Name)
		s.podsReady(trackers, 3)
	})
	s.under("the ledger killed, until ready", func() {
		s.kill("waypost-ledger-0")
		s.podsReady("app.kubernetes.io/component=ledger", 1)
	})
	s.under("a NATS server killed, until ready", func() {
		s.kill("nats-1")
		s.kubectl("rollout", "status", "-n", systemNamespace, "statefulset/nats", "--timeout=3m")
	})
	s.under("the leading operator killed, until an edit is served", func() {
		s.kill(s.leader())
		s.edit("d-after-leader")
	})
}

// distributedDatabase moves the books into PostgreSQL, where two ledgers share them,
// and kills one: the journal is folded again from its beginning, beside the load.
func distributedDatabase(s *suite) {
	database := os.Getenv("E2E_DATABASE")
	if database == "" {
		s.timings.add("PostgreSQL", "not tested: E2E_DATABASE is empty")
		return
	}
	s.kubectl("create", "secret", "generic", "-n", systemNamespace, "books", "--from-literal=url="+database)
	s.startLoad()
	c := s.under("helm upgrade to PostgreSQL and two ledgers, under load", func() {
		s.helmUpgrade("--set", "database.existingSecret.name=books", "--set", "ledger.replicas=2")
		s.podsReady("app.kubernetes.io/component=ledger", 2)
	})
	s.noFailures("upgrade to PostgreSQL", c)
	s.under("one of two ledgers killed, until ready", func() {
		s.kill(s.pods("app.kubernetes.io/component=ledger")[0].Name)
		s.podsReady("app.kubernetes.io/component=ledger", 2)
	})
	s.stopLoad()
	s.took("the books in PostgreSQL are complete after", func() { s.awaitConversions(s.timings.orders) })
}

// distributedBooks: every order that was accepted is one conversion, exactly.
func distributedBooks(s *suite) {
	s.stopLoad()
	s.took("the books are complete after", func() { s.awaitConversions(s.timings.orders) })
	s.timings.add("orders, each one conversion", fmt.Sprint(s.timings.orders))
	metricsNameNobody(s)
	s.sizes()
}

func distributedUninstall(s *suite) {
	s.helm("uninstall", "waypost", "-n", systemNamespace, "--wait")
	s.kubectl("delete", "-n", systemNamespace, "-f", filepath.Join(s.example(), "nats.yaml"), "--wait=false")
	if _, err := s.tryKubectl("get", "secret", "-n", systemNamespace, "waypost-keys"); err != nil {
		s.Errorf("the keys did not stay: %v", err)
	}
	s.kubectl("delete", "pvc", "-n", systemNamespace, "--all", "--wait=false")
	// Custom resources have no finalizers: they go although nothing of Waypost runs.
	s.took("the network deleted, with nothing of Waypost running", func() {
		s.kubectl("delete", "namespace", network, "--timeout=1m")
	})
}
