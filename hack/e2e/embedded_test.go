//go:build e2e

package e2e

import (
	"fmt"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// small asks for less than the defaults do, so that a laptop or a busy machine of a
// pipeline can run it.
var small = []string{
	"--set", "operator.resources.requests.cpu=20m", "--set", "embedded.resources.requests.cpu=50m",
	"--set", "tracker.resources.requests.cpu=50m", "--set", "ledger.resources.requests.cpu=50m",
}

func embeddedInstall(s *suite) {
	total := s.took("helm install, the defaults, until ready", func() {
		s.helmInstall(s.chart(), oldVersion, small...)
	})
	total += s.took("kubectl apply the samples, until Ready", s.applySamples)
	s.timings.add("nothing to links that work", total.Round(10*time.Millisecond).String())
	if location, id := s.mustClick(); !strings.HasPrefix(location, "https://shop.example/") || id == "" {
		s.Errorf("a click leads to %q with id %q", location, id)
	}
}

func embeddedConvert(s *suite) {
	_, s.clickID = s.mustClick()
	if verdict := s.postback(s.clickID, "first"); verdict != "approved" {
		s.Errorf("a purchase is %q", verdict)
	}
	if verdict := s.postback(s.clickID, "first"); verdict != "refused duplicate" {
		s.Errorf("the same once more is %q", verdict)
	}
	s.took("postback to report", func() { s.awaitConversions(1) })
}

func embeddedEdit(s *suite) {
	var served, ready []time.Duration
	for i := range 5 {
		served = append(served, s.edit(fmt.Sprintf("edit-%d", i)))
	}
	for i := range 3 {
		ready = append(ready, s.editIsReady(fmt.Sprintf("ready-%d", i)))
	}
	s.timings.spread("kubectl patch to a click that goes there", served)
	s.timings.spread("kubectl patch to Ready", ready)
}

// embeddedRights: Kubernetes' own tokens and roles govern the admin API.
func embeddedRights(s *suite) {
	read := func(token string, more ...string) error {
		_, err := s.waypost(append([]string{"report", "--group", "offer", "--token", token}, more...)...)
		return err
	}
	s.kubectl("create", "serviceaccount", "-n", systemNamespace, "anna")
	if err := read(s.token("anna")); err == nil || !strings.Contains(err.Error(), "403") {
		s.Errorf("a token without rights: %v", err)
	}
	if err := read("forged"); err == nil || !strings.Contains(err.Error(), "401") {
		s.Errorf("a forged token: %v", err)
	}
	s.kubectl("create", "rolebinding", "-n", network, "anna", "--clusterrole=waypost-reports", "--serviceaccount="+systemNamespace+":anna")
	s.await("the new right", 30*time.Second, func() error { return read(s.token("anna"), "--network", network) })
	if err := read(s.token("anna")); err == nil {
		s.Error("a right in one network reads all of them")
	}
}

func embeddedKill(s *suite) {
	old := s.leader()
	s.kill(old)
	s.timings.add("operator's leader killed: next edit served after", s.edit("after-leader").Round(10*time.Millisecond).String())
	s.took("the one pod killed: links again after", func() {
		s.kill("waypost-serve-0")
		s.podsReady("app.kubernetes.io/component=serve", 1)
		s.mustClick()
	})
	s.awaitConversions(1)
	if verdict := s.postback(s.clickID, "after-kill"); verdict != "approved" && verdict != "queued" {
		s.Errorf("the id of before is %q", verdict)
	}
	s.awaitConversions(2)
}

func embeddedUpgrade(s *suite) {
	s.took("helm upgrade to another version", func() { s.helmInstall(s.chart(), newVersion, small...) })
	s.awaitConversions(2)
	s.mustClick()
}

// embeddedUninstall: what docs/install.md says stays, stays.
func embeddedUninstall(s *suite) {
	s.took("helm uninstall", func() { s.helm("uninstall", "waypost", "-n", systemNamespace, "--wait") })
	for what, args := range map[string][]string{
		"the definitions": {"get", "crd", "offers.waypost.dev", "goals.waypost.dev"},
		"the offers":      {"get", "offer", "-n", network, "summer-shoes"},
		"the snapshots":   {"get", "configmap", "-n", snapshotNamespace, "waypost-manifest"},
		"the keys":        {"get", "secret", "-n", systemNamespace, "waypost-keys", "waypost-keys-signing", "waypost-keys-verify"},
		"the volume":      {"get", "pvc", "-n", systemNamespace, "data-waypost-serve-0"},
	} {
		if _, err := s.tryKubectl(args...); err != nil {
			s.Errorf("%s did not stay: %v", what, err)
		}
	}
	all, err := s.client.AppsV1().Deployments(systemNamespace).List(s.Context(), metav1.ListOptions{})
	if err != nil || len(all.Items) > 0 {
		s.Errorf("%d Deployments stayed (%v)", len(all.Items), err)
	}
}

func embeddedReinstall(s *suite) {
	s.took("helm install again", func() { s.helmInstall(s.chart(), newVersion, small...) })
	s.awaitConversions(2)
	if verdict := s.postback(s.clickID, "after-reinstall"); verdict != "approved" && verdict != "queued" {
		s.Errorf("the id of before is %q", verdict)
	}
	s.awaitConversions(3)
	s.helm("uninstall", "waypost", "-n", systemNamespace, "--wait")
	s.kubectl("delete", "pvc", "-n", systemNamespace, "--all", "--wait=false")
}
