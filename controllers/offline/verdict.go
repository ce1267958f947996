package offline

import (
	"cmp"
	"fmt"

	"github.com/waypost/waypost/api/v1alpha1"
	"github.com/waypost/waypost/controllers/compile"
)

// verdictFindings puts a verdict of the compiler into findings: the conditions that
// are not as they should be, each refused entry at its own line.
func verdictFindings(m *manifest, v compile.Verdict) []Finding {
	var findings []Finding
	for _, c := range []compile.Condition{v.Accepted, v.ResolvedRefs} {
		if c.OK() || len(v.Refused) > 0 && c.Reason == v1alpha1.ReasonEntriesRefused {
			continue
		}
		f := m.finding(c.Reason, c.Field, c.Message)
		if v.Served && !v.Current {
			f.Message += fmt.Sprintf("; its last good form (generation %d) is served", v.ServedGeneration)
		}
		findings = append(findings, f)
	}
	for _, r := range v.Refused {
		findings = append(findings, m.finding(r.Reason, r.Field, fmt.Sprintf("%s; the entry %s is left out, the others are served", r.Message, r.Entry)))
	}
	return findings
}

// compareFindings orders findings by place, so that a list reads along the files.
func compareFindings(a, b Finding) int {
	return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Object, b.Object),
		cmp.Compare(a.Field, b.Field), cmp.Compare(a.Message, b.Message))
}
