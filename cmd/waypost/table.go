package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
	"unicode"
)

// row is one object of an API answer, in the API's own names.
type row = map[string]any

// printTable writes rows under the given columns, as kubectl does.
func printTable(w io.Writer, columns []string, rows []row) error {
	t := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	if _, err := fmt.Fprintln(t, strings.ToUpper(strings.Join(columns, "\t"))); err != nil {
		return fmt.Errorf("writing the table: %w", err)
	}
	for _, r := range rows {
		cells := make([]string, len(columns))
		for i, c := range columns {
			cells[i] = printable(cell(r[c]))
		}
		if _, err := fmt.Fprintln(t, strings.Join(cells, "\t")); err != nil {
			return fmt.Errorf("writing the table: %w", err)
		}
	}
	return t.Flush()
}

// cell returns a value of an answer as text. Null is an empty cell; numbers of JSON are
// counts and are whole, because money comes as a decimal string.
func cell(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case float64: // counts; money is a string
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprint(v)
}

// printable writes what a terminal would obey as Go's escapes: a visitor's sub id may
// hold a line break or an escape sequence, and would make rows, or hide some.
func printable(text string) string {
	var b strings.Builder
	for _, r := range text {
		if unicode.IsPrint(r) {
			b.WriteRune(r)
			continue
		}
		escaped := strconv.QuoteRune(r)
		b.WriteString(escaped[1 : len(escaped)-1])
	}
	return b.String()
}

// printJSON writes v with indentation.
func printJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false) // URLs are to be read and pasted
	e.SetIndent("", "  ")
	return e.Encode(v)
}
