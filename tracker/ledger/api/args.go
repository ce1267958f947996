package api

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/waypost/waypost/tracker/ledger/query"
)

// args are the parameters of one request, by name. What was not given, or given
// empty, is the zero value.
type args struct {
	texts   map[string]string
	choices map[string][]string
	bounds  map[string]*query.Bound
	zones   map[string]*time.Location
	flags   map[string]*bool
	limit   int
}

// text is the value of a parameter of kind text, "" where not given.
func (x *args) text(name string) string { return x.texts[name] }

// chosen are the values of a choice as S.
func chosen[S ~string](x *args, name string) []S {
	var out []S
	for _, v := range x.choices[name] {
		out = append(out, S(v))
	}
	return out
}

// on reports whether a flag was given and is true.
func (x *args) on(name string) bool { return x.flags[name] != nil && *x.flags[name] }

// parse reads the parameters of a route, and refuses all others.
func parse(route *route, r *http.Request) (*args, error) {
	given, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, badParameter("the query is not URL-encoded: %v", err)
	}
	for name, values := range given {
		switch {
		case !route.takes(name):
			return nil, problemf(http.StatusBadRequest, "unknown_parameter", "there is no parameter %.40q here; use %s", name, route.parameters())
		case len(values) > 1:
			return nil, badParameter("%s is given %d times", name, len(values))
		}
	}
	x := &args{
		texts: map[string]string{}, choices: map[string][]string{}, bounds: map[string]*query.Bound{},
		zones: map[string]*time.Location{}, flags: map[string]*bool{}, limit: defaultLimit,
	}
	for i := range route.params {
		p := &route.params[i]
		value := given.Get(p.name)
		if p.inPath {
			value = r.PathValue(p.name)
		}
		if value == "" {
			continue
		}
		if err := x.read(p, value); err != nil {
			return nil, err
		}
	}
	return x, nil
}

// read keeps one value that is not empty, by the kind of its parameter. Values have to be
// UTF-8 without NUL: anything else PostgreSQL would refuse in the middle of a query.
func (x *args) read(p *param, value string) (err error) {
	if len(value) > maxText || !utf8.ValidString(value) || strings.ContainsRune(value, 0) {
		return badParameter("%s is not text of at most %d bytes", p.name, maxText)
	}
	switch p.kind {
	case text:
		x.texts[p.name] = value
	case choice:
		x.choices[p.name], err = p.choose(value)
	case bound:
		x.bounds[p.name], err = p.readBound(value)
	case number:
		x.limit, err = p.readLimit(value)
	case zone:
		x.zones[p.name], err = p.readZone(value)
	case flag:
		x.flags[p.name], err = p.readFlag(value)
	}
	return err
}

// choose reads values separated by commas. One that is unknown or given twice is refused:
// it is more likely a slip than meant so.
func (p *param) choose(value string) ([]string, error) {
	parts := strings.Split(value, ",")
	for i, part := range parts {
		part = strings.TrimSpace(part)
		if !slices.Contains(p.values, part) {
			return nil, badParameter("%s has no value %.40q: use %s", p.name, part, p.list())
		}
		if slices.Contains(parts[:i], part) {
			return nil, badParameter("%s has %q twice", p.name, part)
		}
		parts[i] = part
	}
	if p.one && len(parts) > 1 {
		return nil, badParameter("%s takes one value", p.name)
	}
	return parts, nil
}

// readBound reads RFC 3339 or a day. In a URL, + is a space.
func (p *param) readBound(value string) (*query.Bound, error) {
	b := &query.Bound{}
	var err error
	if len(value) == len(time.DateOnly) {
		b.Date = true
		b.Moment, err = time.Parse(time.DateOnly, value)
		if p.name == "to" { // a day is named to be counted
			b.Moment = b.Moment.AddDate(0, 0, 1)
		}
	} else {
		b.Moment, err = time.Parse(time.RFC3339, strings.Replace(value, " ", "+", 1))
	}
	if err != nil || b.Moment.Year() < 1970 || b.Moment.Year() > 2200 {
		return nil, badParameter("%s is %.40q: use RFC 3339 such as 2026-11-20T15:04:05Z, or a day such as 2026-11-20", p.name, value)
	}
	return b, nil
}

// readLimit reads the number of items of a page, from 1 to maxLimit. A larger one is refused,
// not cut: a caller that does not look for next would take the page for the whole list.
func (p *param) readLimit(value string) (int, error) {
	n, err := strconv.Atoi(value)
	if err != nil || n < 1 || n > maxLimit {
		return 0, badParameter("%s is %.40q: use a number from 1 to %d", p.name, value, maxLimit)
	}
	return n, nil
}

// readZone reads the name of a time zone. Local is refused: it would be the server's.
func (p *param) readZone(value string) (*time.Location, error) {
	loc, err := time.LoadLocation(value)
	if err != nil || value == "Local" {
		return nil, badParameter("%s is %.40q: use the name of a time zone, such as UTC or Europe/Berlin", p.name, value)
	}
	return loc, nil
}

// readFlag reads 1, true, 0 or false. A flag that is not given is neither: test selects
// test postbacks, all others, or both.
func (p *param) readFlag(value string) (*bool, error) {
	on := value == "1" || value == "true"
	if !on && value != "0" && value != "false" {
		return nil, badParameter("%s is %.40q: use 1 or 0", p.name, value)
	}
	return &on, nil
}

// badParameter is the problem of a parameter with a value that cannot be read.
func badParameter(format string, a ...any) error {
	return &problem{http.StatusBadRequest, "bad_parameter", fmt.Sprintf(format, a...)}
}
