package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"sigs.k8s.io/yaml"
)

// grafana are the variables of a dashboard's queries, each with a value that Grafana
// could put in its place.
var grafana = strings.NewReplacer("$__rate_interval", "5m", "$__range", "1h", "$namespace", ".*")

// recordingRule is one query as a rule file holds it.
type recordingRule struct {
	Record string            `json:"record"`
	Expr   string            `json:"expr"`
	Labels map[string]string `json:"labels"`
}

type ruleGroup struct {
	Name  string          `json:"name"`
	Rules []recordingRule `json:"rules"`
}

// writeRules writes the queries of a dashboard as a rule file, because that is what
// promtool checks. So a query that does not parse fails the lint, and not a panel in
// production.
func writeRules(dashboard []byte, out io.Writer) error {
	var d struct {
		Panels []struct {
			Title   string `json:"title"`
			Targets []struct {
				Expr  string `json:"expr"`
				RefID string `json:"refId"`
			} `json:"targets"`
		} `json:"panels"`
	}
	if err := json.Unmarshal(dashboard, &d); err != nil {
		return fmt.Errorf("reading the dashboard: %w", err)
	}
	group := ruleGroup{Name: "dashboard"}
	for _, panel := range d.Panels {
		for _, target := range panel.Targets {
			group.Rules = append(group.Rules, recordingRule{
				Record: "dashboard:query",
				Expr:   grafana.Replace(target.Expr),
				Labels: map[string]string{"panel": panel.Title, "query": target.RefID},
			})
		}
	}
	file, err := yaml.Marshal(map[string][]ruleGroup{"groups": {group}})
	if err != nil {
		return fmt.Errorf("writing the rules: %w", err)
	}
	_, err = out.Write(file)
	return err
}
