package console

import (
	"fmt"
	"html/template"
	"strconv"
	"strings"
	"time"
)

// functions are what templates format with.
var functions = template.FuncMap{
	"number": number,
	"short":  short,
	"badge":  badge,
	"title":  title,
	"delay":  delay,
	"list":   func(items ...string) []string { return items },
	"at": func(t time.Time, zone string) string {
		loc, err := time.LoadLocation(zone)
		if err != nil {
			loc = time.UTC
		}
		return t.In(loc).Format("2006-01-02 15:04:05")
	},
	"rfc": func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
}

// number groups digits by three.
func number(n int64) string {
	s := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		sign, s = "-", s[1:]
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "\u202f" + s[i:]
	}
	return sign + s
}

// short is the end of a long id; its beginning is that of all ids of an hour.
func short(id string) string {
	if len(id) <= 14 {
		return id
	}
	return "…" + id[len(id)-12:]
}

// badge is the class of a status, verdict or state.
func badge(s any) string {
	switch fmt.Sprint(s) {
	case "approved", "delivered":
		return "good"
	case "pending", "hold", "queued":
		return "open"
	case "rejected", "parked", "suspended":
		return "bad"
	}
	return "dull"
}

// title begins a name with a capital and separates its words.
func title(s string) string {
	var b strings.Builder
	for i, r := range s {
		switch {
		case i == 0:
			b.WriteString(strings.ToUpper(string(r)))
		case r >= 'A' && r <= 'Z':
			b.WriteString(" " + strings.ToLower(string(r)))
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// delay is a number of seconds in the units that read best.
func delay(seconds *int64) string {
	if seconds == nil {
		return ""
	}
	d := time.Duration(*seconds) * time.Second
	switch {
	case d < 2*time.Minute:
		return fmt.Sprintf("%d s", *seconds)
	case d < 2*time.Hour:
		return fmt.Sprintf("%d min", *seconds/60)
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", *seconds/3600)
	}
	return fmt.Sprintf("%d d", *seconds/86400)
}
