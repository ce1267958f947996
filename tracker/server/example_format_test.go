package server_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/waypost/waypost/api/seal"
)

// example is one request of testdata/*.txt with what must come of it. The form:
//
//	== title
//	~ verdict approved conversion=c1   what the ledger says (see examples_test.go)
//	> GET /click?offer=1001            the request: first line, headers, "from ADDRESS"
//	>> body
//	< 302                              the answer: status, headers, "!Header" for none
//	<< body
//	| click offer=summer-shoes         the journal entry, as far as it matters; or "| nothing"
//
// A * in an answer stands for anything; {{...}} is made by expand.
type example struct {
	place, title             string
	given, request           []string
	body                     string
	answer, answerBody, kept []string
}

func readExamples(t *testing.T) []example {
	t.Helper()
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no examples: %v", err)
	}
	var all []example
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for i, line := range strings.Split(string(data), "\n") {
			place := fmt.Sprintf("%s:%d", file, i+1)
			if all, err = addLine(all, place, line); err != nil {
				t.Fatalf("%s: %v", place, err)
			}
		}
	}
	return all
}

func addLine(all []example, place, line string) ([]example, error) {
	mark, rest, _ := strings.Cut(line, " ")
	if mark == "==" {
		return append(all, example{place: place, title: rest}), nil
	}
	if mark == "" || mark == "#" {
		return all, nil
	}
	if len(all) == 0 {
		return nil, fail("before the first ==")
	}
	e := &all[len(all)-1]
	switch mark {
	case "~":
		e.given = append(e.given, rest)
	case ">":
		e.request = append(e.request, rest)
	case ">>":
		e.body = rest
	case "<":
		e.answer = append(e.answer, rest)
	case "<<":
		e.answerBody = append(e.answerBody, rest)
	case "|":
		e.kept = append(e.kept, rest)
	default:
		return nil, fail("begins with %q", mark)
	}
	return all, nil
}

var placeholder = regexp.MustCompile(`\{\{([^}]*)\}\}`)

// expander makes the values of placeholders, equal ones equal within an example.
type expander struct {
	w     *world
	known map[string]string
}

func (x *expander) expand(s string) string {
	return placeholder.ReplaceAllStringFunc(s, func(found string) string {
		if v, ok := x.known[found]; ok {
			return v
		}
		v := x.make(strings.Fields(found[2 : len(found)-2]))
		x.known[found] = v
		return v
	})
}

func (x *expander) make(words []string) string {
	switch words[0] {
	case "click": // network, offer, partner
		return x.w.clickID(words[1], words[2], words[3])
	case "imp":
		return x.w.impressionID(words[1], words[2], words[3])
	case "altered": // a click id with one character changed
		id := []byte(x.w.clickID(words[1], words[2], words[3]))
		id[20] ^= 1
		return string(id)
	case "sealed": // network, offer, goal
		return seal.SealLink(x.w.ring, words[1], words[2], words[3])
	case "wpc": // network, offer
		return clickCookieName(words[1], words[2])
	case "wpi":
		return impressionCookieName(words[1], words[2], words[3])
	case "long": // so many times x
		return strings.Repeat("x", atoi(words[1]))
	case "index":
		return x.w.index.Digest
	}
	panic("no placeholder " + words[0])
}

// matches reports whether s is what the pattern says; * stands for anything.
func matches(pattern, s string) bool {
	parts := strings.Split(pattern, "*")
	for i, p := range parts {
		parts[i] = regexp.QuoteMeta(p)
	}
	return regexp.MustCompile(`(?s)^` + strings.Join(parts, ".*") + `$`).MatchString(s)
}
