//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"os"
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
		s.helmInstall(os.Getenv("E2E_PREVIOUS_CHART"), oldVersion, small...)
	})
	total += s.took("kubectl apply the samples, until Ready", s.applySamples)
	s.timings.add("nothing to links that work", total.Round(10*time.Millisecond).String())
	if location, id := s.mustClick(); !strings.HasPrefix(location, "https://shop.example/") || id == "" {
		s.Errorf("a click leads to %q with id %q", location, id)
	}
}

func embeddedConvert(s *suite) {
	_, s.clickID = s.mustClick()
	// "queued" is what a busy machine answers; the books tell then.
	if verdict := s.postback(s.clickID, "first"); verdict != "approved" && verdict != "queued" {
		s.Errorf("a purchase is %q", verdict)
	}
	if verdict := s.postback(s.clickID, "first"); verdict != "refused duplicate" && verdict != "queued" {
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

// embeddedMoney: a right to read is none to decide, and a partner may see no more
// than what is its own.
func embeddedMoney(s *suite) {
	_, id := s.mustClick()
	if verdict := s.postback(id, "to-decide", "status", "pending"); verdict != "pending" && verdict != "queued" {
		s.Fatalf("a pending purchase is %q", verdict)
	}
	var list []struct{ ID string }
	s.await("the pending conversion", 30*time.Second, func() error {
		out, err := s.waypost("conversions", "list", "--status", "pending", "--network", network, "-o", "json", "--token", s.token("anna"))
		if err != nil {
			return err
		}
		if err := json.Unmarshal([]byte(out), &list); err != nil {
			return fmt.Errorf("%w in %s", err, out)
		}
		if len(list) != 1 {
			return fmt.Errorf("%w: %s", errNotYet, out)
		}
		return nil
	})
	approve := func(account string) error {
		_, err := s.waypost("conversions", "approve", list[0].ID, "--network", network, "--token", s.token(account))
		return err
	}
	if err := approve("anna"); err == nil || !strings.Contains(err.Error(), "403") {
		s.Errorf("who may read decides: %v", err)
	}
	s.kubectl("create", "serviceaccount", "-n", systemNamespace, "mona")
	s.kubectl("create", "rolebinding", "-n", network, "mona", "--clusterrole=waypost-moderation", "--serviceaccount="+systemNamespace+":mona")
	s.await("the right to decide", 30*time.Second, func() error { return approve("mona") })
	s.awaitConversions(2)

	s.kubectl("create", "serviceaccount", "-n", systemNamespace, "blog")
	s.kubectl("create", "role", "-n", network, "blog", "--verb=get", "--resource=partners.waypost.dev/reports", "--resource-name=best-blog")
	s.kubectl("create", "rolebinding", "-n", network, "blog", "--role=blog", "--serviceaccount="+systemNamespace+":blog")
	report := func(partner string) (string, error) {
		return s.waypost("report", "--group", "partner", "--network", network, "--partner", partner, "-o", "json", "--token", s.token("blog"))
	}
	s.await("a partner's right", 30*time.Second, func() error {
		out, err := report("best-blog")
		if err == nil && strings.Contains(out, `"revenue"`) {
			s.Errorf("a partner sees revenue: %s", out)
		}
		return err
	})
	if _, err := report("deal-hunter"); err == nil {
		s.Error("a partner sees another's numbers")
	}
}

// embeddedKill: clicks fail while the one pod is away; no order is lost, and none
// counted twice.
func embeddedKill(s *suite) {
	s.startLoad()
	s.under("the operator's leader killed, until an edit is served", func() {
		s.kill(s.leader())
		s.edit("after-leader")
	})
	s.under("the one pod killed, until there are links again", func() {
		s.kill("waypost-serve-0")
		s.podsReady("app.kubernetes.io/component=serve", 1)
		s.mustClick()
	})
	if verdict := s.postback(s.clickID, "after-kill"); verdict != "approved" && verdict != "queued" {
		s.Errorf("the id of before is %q", verdict)
	}
}

func embeddedUpgrade(s *suite) {
	s.under("helm upgrade of chart and image", func() {
		s.helmUpgrade()
		s.mustClick()
	})
	s.stopLoad()
	s.took("the books are complete after", func() { s.awaitConversions(s.timings.orders + 3) })
	s.sizes()
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
	s.awaitConversions(s.timings.orders + 3)
	if verdict := s.postback(s.clickID, "after-reinstall"); verdict != "approved" && verdict != "queued" {
		s.Errorf("the id of before is %q", verdict)
	}
	s.awaitConversions(s.timings.orders + 4)
	s.timings.orders = 0 // the other mode begins with empty books
	s.helm("uninstall", "waypost", "-n", systemNamespace, "--wait")
	s.kubectl("delete", "pvc", "-n", systemNamespace, "--all", "--wait=false")
}
