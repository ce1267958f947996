package server_test

import (
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/waypost/waypost/api/money"
	"github.com/waypost/waypost/tracker/journal"
)

func TestExamples(t *testing.T) {
	w := newWorld(t, nil)
	for _, e := range readExamples(t) {
		t.Run(e.title, func(t *testing.T) {
			w.journal.answer(journal.Verdict{}, nil)
			w.closed.Clear()
			x := &expander{w: w, known: map[string]string{}}
			for _, g := range e.given {
				arrange(t, w, x.expand(g))
			}
			from, raw := x.raw(e)
			res := w.send(t, from, raw)
			body, err := io.ReadAll(res.Body)
			if err != nil {
				t.Fatal(err)
			}
			x.compare(t, e, res, string(body))
			x.compareJournal(t, e, w.journal.take())
		})
	}
}

// arrange does what a line beginning with ~ says.
func arrange(t *testing.T, w *world, line string) {
	t.Helper()
	words := fields(line)
	switch words[0] {
	case "verdict": // approved reason=x conversion=c1 payout=1.40
		v := journal.Verdict{Verdict: words[1], Known: true}
		for _, word := range words[2:] {
			k, val, _ := strings.Cut(word, "=")
			setVerdict(t, &v, k, val)
		}
		w.journal.answer(v, nil)
	case "fails":
		w.journal.answer(journal.Verdict{}, journal.ErrNotDurable)
	case "broken":
		w.journal.answer(journal.Verdict{}, errors.Join(journal.ErrTooLarge))
	case "closed": // network, offer, cap, partner
		key := journal.CapKey{Network: words[1], Offer: words[2], Cap: words[3]}
		if len(words) > 4 {
			key.Partner = words[4]
		}
		w.closed.Store(key, true)
	default:
		t.Fatalf("~ %s", line)
	}
}

func setVerdict(t *testing.T, v *journal.Verdict, key, value string) {
	t.Helper()
	amount := func() money.Amount {
		a, err := money.Parse(value)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	switch key {
	case "reason":
		v.Reason = value
	case "conversion":
		v.Conversion = value
	case "goal":
		v.Goal = value
	case "payout":
		v.Payout = amount()
	case "revenue":
		v.Revenue = amount()
	case "currency":
		v.Currency = value
	case "config":
		v.Config = value
	default:
		t.Fatalf("verdict has no %s", key)
	}
}

// raw is the request as bytes, and the address it comes from.
func (x *expander) raw(e example) (from, raw string) {
	from = "198.51.100.7"
	lines := []string{e.request[0] + " HTTP/1.1"}
	host := "Host: go.example.net"
	for _, line := range e.request[1:] {
		switch {
		case strings.HasPrefix(line, "from "):
			from = line[len("from "):]
		case strings.HasPrefix(line, "Host:"):
			host = line
		default:
			lines = append(lines, line)
		}
	}
	lines = append(lines, host)
	body := x.expand(e.body)
	if body != "" {
		lines = append(lines, "Content-Length: "+strconv.Itoa(len(body)))
	}
	return from, x.expand(strings.Join(lines, "\r\n")) + "\r\n\r\n" + body
}

func (x *expander) compare(t *testing.T, e example, res *http.Response, body string) {
	t.Helper()
	for i, want := range e.answer {
		want = x.expand(want)
		name, value, isHeader := strings.Cut(want, ": ")
		switch {
		case i == 0:
			if got := strconv.Itoa(res.StatusCode); got != want {
				t.Errorf("%s: status %s, want %s\n%s", e.place, got, want, body)
			}
		case strings.HasPrefix(want, "!"):
			if got := res.Header.Values(want[1:]); len(got) > 0 {
				t.Errorf("%s: header %s is %q, want none", e.place, want[1:], got)
			}
		case isHeader:
			if got := strings.Join(res.Header.Values(name), " & "); !matches(value, got) {
				t.Errorf("%s: header %s is\n%s, want\n%s", e.place, name, got, value)
			}
		default:
			t.Errorf("%s: < %s", e.place, want)
		}
	}
	for _, want := range e.answerBody {
		if want = x.expand(want); !matches(want, strings.TrimSuffix(body, "\n")) {
			t.Errorf("%s: body is\n%s, want\n%s", e.place, body, want)
		}
	}
}

func (x *expander) compareJournal(t *testing.T, e example, entries []journal.Entry) {
	t.Helper()
	if len(e.kept) == 0 || e.kept[0] == "nothing" {
		if len(entries) > 0 {
			t.Errorf("%s: %d entries in the journal, want none: %v", e.place, len(entries), describe(entries[0]))
		}
		return
	}
	if len(entries) != 1 {
		t.Errorf("%s: %d entries in the journal, want 1", e.place, len(entries))
		return
	}
	got := describe(entries[0])
	for _, line := range e.kept {
		for _, word := range fields(x.expand(line)) {
			key, want, hasValue := strings.Cut(word, "=")
			if !hasValue {
				key, want = "kind", word
			}
			if !matches(want, got[key]) {
				t.Errorf("%s: the entry's %s is %q, want %q", e.place, key, got[key], want)
			}
		}
	}
}

// fields splits at spaces outside quotes, and takes the quotes off.
func fields(s string) []string {
	var all []string
	var word strings.Builder
	quoted, some := false, false
	for _, c := range s {
		switch {
		case c == '"':
			quoted, some = !quoted, true
		case c == ' ' && !quoted:
			if some {
				all = append(all, word.String())
			}
			word.Reset()
			some = false
		default:
			word.WriteRune(c)
			some = true
		}
	}
	if some {
		all = append(all, word.String())
	}
	return all
}

func atoi(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		panic(err)
	}
	return n
}
