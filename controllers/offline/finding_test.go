package offline

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

var sampleFindings = []Finding{
	{File: "a,b.yaml", Line: 7, Severity: Error, Object: "Offer/shoes", Reason: ReasonRefused, Field: "spec.title", Message: "100 %\nwrong"},
	{File: "c.yaml", Severity: Warning, Reason: ReasonUnreadable, Message: "no permission"},
}

func TestWriters(t *testing.T) {
	for _, tc := range []struct {
		name  string
		write func(*bytes.Buffer) error
		want  string
	}{
		{"text", func(b *bytes.Buffer) error { return WriteText(b, sampleFindings) },
			"a,b.yaml:7: error: Offer/shoes: spec.title: 100 %\nwrong (Refused)\nc.yaml: warning: no permission (Unreadable)\n"},
		{"github", func(b *bytes.Buffer) error { return WriteGitHub(b, sampleFindings) },
			"::error file=a%2Cb.yaml,line=7,title=Refused::Offer/shoes: spec.title: 100 %25%0Awrong\n" +
				"::warning file=c.yaml,title=Unreadable::no permission\n"},
		{"no findings as JSON", func(b *bytes.Buffer) error { return WriteJSON(b, nil) }, "[]\n"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var b bytes.Buffer
			if err := tc.write(&b); err != nil {
				t.Fatal(err)
			}
			if b.String() != tc.want {
				t.Errorf("wrote\n%s\nwant\n%s", b.String(), tc.want)
			}
		})
	}
}

func TestWriteJSONSaysEverything(t *testing.T) {
	var b bytes.Buffer
	if err := WriteJSON(&b, sampleFindings); err != nil {
		t.Fatal(err)
	}
	var got []Finding
	if err := json.Unmarshal(b.Bytes(), &got); err != nil || !reflect.DeepEqual(got, sampleFindings) {
		t.Errorf("read back %+v, %v", got, err)
	}
	if !strings.Contains(b.String(), `"severity": "error"`) {
		t.Errorf("wrote %s", b.String())
	}
}

func TestErrors(t *testing.T) {
	if !Errors(sampleFindings) || Errors(sampleFindings[1:]) || Errors(nil) {
		t.Error("a warning is no error, and nothing is none")
	}
}
