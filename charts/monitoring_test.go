package charts

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

// foreign are metrics of libraries that alerts and dashboard use.
var foreign = map[string]bool{
	"leader_election_master_status": true, "process_resident_memory_bytes": true, "process_cpu_seconds_total": true,
}

var (
	nameInSource = regexp.MustCompile(`"(waypost_[a-z_]+[a-z])"`)
	// Packages that put their prefix before names by a function of their own.
	shortName = regexp.MustCompile(`\b(?:counter|gauge|histogram)(?:s|Vec)?\("([a-z_]+)"`)
	nameInUse = regexp.MustCompile(`\b(waypost_[a-z_]+|leader_election_[a-z_]+|process_[a-z_]+)\b`)
)

// exported reads the names of all metrics from the sources.
func exported(t *testing.T) map[string]bool {
	t.Helper()
	names := map[string]bool{}
	prefixes := map[string]string{"../tracker/journal": "waypost_journal_", "../controllers/metrics": "waypost_"}
	for _, root := range []string{"../cmd", "../controllers", "../tracker"} {
		err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			for _, match := range nameInSource.FindAllStringSubmatch(string(data), -1) {
				names[match[1]] = true
			}
			if prefix := prefixes[filepath.Dir(path)]; prefix != "" {
				for _, match := range shortName.FindAllStringSubmatch(string(data), -1) {
					names[prefix+match[1]] = true
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(names) < 40 {
		t.Fatalf("only %d metrics found in the sources", len(names))
	}
	return names
}

// TestMetricsExist: alerts and dashboard ask for metrics that some process exports.
func TestMetricsExist(t *testing.T) {
	names := exported(t)
	for _, file := range []string{"waypost/alerts/waypost.yaml", "waypost/dashboards/waypost.json"} {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, used := range nameInUse.FindAllString(string(data), -1) {
			base := used
			for _, suffix := range []string{"_bucket", "_sum", "_count"} {
				base = strings.TrimSuffix(base, suffix)
			}
			if !names[base] && !foreign[base] {
				t.Errorf("%s: nothing exports %s", file, used)
			}
		}
	}
}

type alerts struct {
	Groups []struct {
		Rules []struct {
			Alert       string            `json:"alert"`
			Labels      map[string]string `json:"labels"`
			Annotations map[string]string `json:"annotations"`
		} `json:"rules"`
	} `json:"groups"`
}

// TestRunbooks: every alert has a page, and every page is about an alert.
func TestRunbooks(t *testing.T) {
	data, err := os.ReadFile("waypost/alerts/waypost.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var all alerts
	if err := yaml.Unmarshal(data, &all); err != nil {
		t.Fatal(err)
	}
	pages, err := filepath.Glob("../docs/runbooks/*.md")
	if err != nil {
		t.Fatal(err)
	}
	orphans := map[string]bool{}
	for _, page := range pages {
		orphans[strings.TrimSuffix(filepath.Base(page), ".md")] = true
	}
	delete(orphans, "README")
	for _, group := range all.Groups {
		for _, rule := range group.Rules {
			if !orphans[rule.Alert] {
				t.Errorf("docs/runbooks/%s.md is missing", rule.Alert)
			}
			delete(orphans, rule.Alert)
			if rule.Labels["severity"] == "" || rule.Annotations["summary"] == "" || rule.Annotations["description"] == "" {
				t.Errorf("%s: severity, summary or description is missing", rule.Alert)
			}
		}
	}
	for page := range orphans {
		t.Errorf("docs/runbooks/%s.md is about no alert", page)
	}
}

// TestRuleKeepsTheAlerts: what the chart renders is what promtool has checked.
func TestRuleKeepsTheAlerts(t *testing.T) {
	rule := find(t, objects(t, "--set", "monitoring.prometheusRule.enabled=true"), "PrometheusRule", release)
	rendered, err := json.Marshal(rule.Object["spec"])
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile("waypost/alerts/waypost.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var got, want struct {
		Groups []struct {
			Name  string           `json:"name"`
			Rules []map[string]any `json:"rules"`
		} `json:"groups"`
	}
	if err := json.Unmarshal(rendered, &got); err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(data, &want); err != nil {
		t.Fatal(err)
	}
	for _, group := range got.Groups {
		for _, rule := range group.Rules {
			url, _ := rule["annotations"].(map[string]any)["runbook_url"].(string)
			if !strings.HasSuffix(url, "/docs/runbooks/"+rule["alert"].(string)+".md") {
				t.Errorf("%s: runbook at %q", rule["alert"], url)
			}
			delete(rule["annotations"].(map[string]any), "runbook_url")
		}
	}
	if !equalJSON(t, got, want) {
		t.Error("the PrometheusRule differs from alerts/waypost.yaml")
	}
}

// TestDashboard: Grafana can read it, and the ConfigMap carries it unchanged.
func TestDashboard(t *testing.T) {
	data, err := os.ReadFile("waypost/dashboards/waypost.json")
	if err != nil {
		t.Fatal(err)
	}
	var dashboard struct {
		UID    string `json:"uid"`
		Panels []struct {
			ID      int    `json:"id"`
			Type    string `json:"type"`
			Title   string `json:"title"`
			Targets []any  `json:"targets"`
		} `json:"panels"`
	}
	if err := json.Unmarshal(data, &dashboard); err != nil {
		t.Fatal(err)
	}
	seen := map[int]bool{}
	for _, panel := range dashboard.Panels {
		if seen[panel.ID] || panel.Title == "" || panel.Type != "row" && len(panel.Targets) == 0 {
			t.Errorf("panel %d %q: a number twice, no title, or nothing to show", panel.ID, panel.Title)
		}
		seen[panel.ID] = true
	}
	config := find(t, objects(t, "--set", "monitoring.dashboard.enabled=true"), "ConfigMap", release+"-dashboard")
	carried := config.Object["data"].(map[string]any)["waypost.json"]
	if carried != strings.TrimSuffix(string(data), "\n") {
		t.Error("the ConfigMap carries another dashboard")
	}
}
