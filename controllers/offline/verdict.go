package offline

import (
	"cmp"
	"fmt"

	"github.com/waypost/waypost/controllers/compile"
)

// verdictFindings puts a verdict of the compiler into findings.
func verdictFindings(m *manifest, v compile.Verdict) []Finding {
	var findings []Finding
	for _, c := range []compile.Condition{v.Accepted, v.ResolvedRefs} {
		if c.OK() || c.Message == "" || len(v.Refused) > 0 && c == v.ResolvedRefs {
			continue
		}
		f := m.finding(c.Reason, c.Field, c.Message)
		if v.Served {
			f.Message += fmt.Sprintf("; its last good form (generation %d) is served", v.ServedGeneration)
		}
		findings = append(findings, f)
	}
	for _, r := range v.Refused {
		findings = append(findings, m.finding(r.Reason, r.Field, r.Message+"; the entry "+r.Name+" is left out, the rest is served"))
	}
	return findings
}

func compareFindings(a, b Finding) int {
	return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Object, b.Object), cmp.Compare(a.Field, b.Field))
}
