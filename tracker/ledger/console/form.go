package console

import (
	"errors"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/waypost/waypost/tracker/ledger/query"
)

var errBadForm = errors.New("the form cannot be read")

// perPage is how many items a page lists.
const perPage = 50

// form is what a page was asked for; its fields are the names in the query.
type form struct{ values url.Values }

func (v *visit) form() form { return form{v.r.URL.Query()} }

// Get is a field as text that every database takes.
func (f form) Get(name string) string {
	s := strings.TrimSpace(f.values.Get(name))
	if len(s) > 500 || !utf8.ValidString(s) || strings.ContainsRune(s, 0) {
		return ""
	}
	return s
}

// With is the query with some fields changed, in pairs of name and value. "" takes
// a field out.
func (f form) With(pairs ...string) string {
	q := url.Values{}
	for name, values := range f.values {
		q[name] = values
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] == "" {
			q.Del(pairs[i])
		} else {
			q.Set(pairs[i], pairs[i+1])
		}
	}
	return "?" + q.Encode()
}

func (f form) page() query.Page { return query.Page{Limit: perPage, Cursor: f.Get("cursor")} }

// date is a day that a field names, nil if it names none.
func (f form) date(name string) *query.Bound {
	t, err := time.Parse(time.DateOnly, f.Get(name))
	if err != nil || t.Year() < 1970 || t.Year() > 2200 {
		return nil
	}
	return &query.Bound{Moment: t, Date: true}
}

// until is the end of a day that a field names as the last one.
func (f form) until(name string) *query.Bound {
	b := f.date(name)
	if b != nil {
		b.Moment = b.Moment.AddDate(0, 0, 1)
	}
	return b
}

// span is the time of a list: whole days in the network's time zone.
func (v *visit) span(f form) query.Span {
	var s query.Span
	if b := f.date("from"); b != nil {
		t := b.In(v.zone)
		s.From = &t
	}
	if b := f.until("to"); b != nil {
		t := b.In(v.zone)
		s.To = &t
	}
	return s
}

// scope is the visit's, narrowed to the partner that a field names.
func (v *visit) narrowed(f form) query.Scope {
	s := v.scope
	if s.Partner == "" {
		s.Partner = f.Get("partner")
	}
	if s.Network == "" {
		s.Network = f.Get("network")
	}
	return s
}

// one is a choice of one of some values; nil for anything else.
func one[S ~string](f form, name string, of []S) []S {
	for _, v := range of {
		if f.Get(name) == string(v) {
			return []S{v}
		}
	}
	return nil
}

// count reads a small number that a redirect left in the query.
func (f form) count(name string) int {
	n, err := strconv.Atoi(f.Get(name))
	if err != nil || n < 0 || n > 1_000_000 {
		return 0
	}
	return n
}
