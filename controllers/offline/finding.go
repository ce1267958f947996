package offline

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// Severity is whether a finding keeps something from being served.
type Severity string

// The severities.
const (
	Error   Severity = "error"
	Warning Severity = "warning"
)

// Finding is one thing that the API server or the operator would object to.
type Finding struct {
	File     string   `json:"file"`
	Line     int      `json:"line,omitempty"` // from 1; 0 where it is unknown
	Severity Severity `json:"severity"`
	// Object is Kind/name, with the namespace before it where it is not default.
	Object string `json:"object,omitempty"`
	// Reason is a condition reason, or one of Unreadable and Refused.
	Reason  string `json:"reason"`
	Field   string `json:"field,omitempty"`
	Message string `json:"message"`
}

// Reasons of findings that no condition has.
const (
	// ReasonUnreadable is a file that is no manifest.
	ReasonUnreadable = "Unreadable"
	// ReasonRefused is an object that admission would refuse.
	ReasonRefused = "Refused"
	// ReasonDuplicate is an object that an earlier file declares too.
	ReasonDuplicate = "Duplicate"
	// ReasonUnknownName is a name in a list that no object of the directory has: a warning.
	ReasonUnknownName = "UnknownName"
)

// String is the finding on one line, in the form of compilers.
func (f Finding) String() string {
	where := f.File
	if f.Line > 0 {
		where += fmt.Sprintf(":%d", f.Line)
	}
	return fmt.Sprintf("%s: %s: %s (%s)", where, f.Severity, f.what(), f.Reason)
}

// what is the message with the object and the field before it.
func (f Finding) what() string {
	what := f.Message
	if f.Field != "" && !strings.HasPrefix(what, f.Field) {
		what = f.Field + ": " + what
	}
	if f.Object != "" {
		what = f.Object + ": " + what
	}
	return what
}

// Errors reports whether one of the findings is an error.
func Errors(findings []Finding) bool {
	for _, f := range findings {
		if f.Severity == Error {
			return true
		}
	}
	return false
}

// WriteText writes one finding a line, in the form FILE:LINE: SEVERITY: MESSAGE (REASON),
// which editors and terminals turn into links.
func WriteText(w io.Writer, findings []Finding) error {
	for _, f := range findings {
		if _, err := fmt.Fprintln(w, f); err != nil {
			return fmt.Errorf("writing the findings: %w", err)
		}
	}
	return nil
}

// WriteJSON writes the findings as one JSON array, [] for none.
func WriteJSON(w io.Writer, findings []Finding) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false) // messages name macros such as <TRACKER>
	e.SetIndent("", "  ")
	if findings == nil {
		findings = []Finding{}
	}
	return e.Encode(findings)
}

// githubEscapes escape the message of a workflow command of GitHub, which is one line.
var githubEscapes = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")

// WriteGitHub writes the findings as annotations of a GitHub workflow, which are shown at
// their lines in a pull request. Values of properties are escaped further than messages.
func WriteGitHub(w io.Writer, findings []Finding) error {
	for _, f := range findings {
		place := "file=" + strings.NewReplacer("%", "%25", ",", "%2C", ":", "%3A").Replace(f.File)
		if f.Line > 0 {
			place += fmt.Sprintf(",line=%d", f.Line)
		}
		message := githubEscapes.Replace(f.what())
		if _, err := fmt.Fprintf(w, "::%s %s,title=%s::%s\n", f.Severity, place, f.Reason, message); err != nil {
			return fmt.Errorf("writing the findings: %w", err)
		}
	}
	return nil
}
