package main

import (
	"testing"

	"github.com/waypost/waypost/controllers/offline"
)

func TestProblem(t *testing.T) {
	warning := offline.Finding{File: "a.yaml", Severity: offline.Warning, Reason: offline.ReasonUnknownName, Message: "who?"}
	missing := offline.Finding{File: "b.yaml", Line: 3, Severity: offline.Error, Reason: "RefNotFound", Message: "no such offer"}
	refused := offline.Finding{File: "c.yaml", Line: 4, Severity: offline.Error, Reason: offline.ReasonRefused, Message: "no number"}
	broken := offline.Finding{File: "d.yaml", Severity: offline.Error, Reason: offline.ReasonUnreadable, Message: "no YAML"}
	for _, tc := range []struct {
		name     string
		findings []offline.Finding
		want     string
	}{
		{"nothing", nil, ""},
		{"a warning", []offline.Finding{warning}, ""},
		{"one object", []offline.Finding{warning, missing}, "b.yaml:3: error: no such offer (RefNotFound)"},
		{"a file before an object", []offline.Finding{missing, refused},
			"c.yaml:4: error: no number (Refused); 2 errors in all, waypost validate lists them"},
		{"the first of two files", []offline.Finding{missing, broken, refused, warning},
			"d.yaml: error: no YAML (Unreadable); 3 errors in all, waypost validate lists them"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := ""
			if err := problem(tc.findings); err != nil {
				got = err.Error()
			}
			if got != tc.want {
				t.Errorf("says %q, want %q", got, tc.want)
			}
		})
	}
}
