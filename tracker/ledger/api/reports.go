package api

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"mime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/waypost/waypost/tracker/ledger/query"
)

// reportAnswer stands for the answer of reports in the table of routes; it is
// written by reportJSON, field by field from rowFields.
type reportAnswer struct{}

// Fields of rows beside the groups and rowFields.
const (
	fieldTitle    = "goalTitle"
	fieldCurrency = "currency"
	fieldNetwork  = "network"
)

// fieldSubsSince is in the answer where sub ids of clicks have been dropped.
const fieldSubsSince = "subIDsSince"

// report answers with the numbers as JSON or, where the Accept header prefers it, as CSV.
// What lies between the network and its advertisers is left out for partners.
func (a *service) report(c *call) error {
	r, err := a.Books.Report(c.r.Context(), c.scope, c.reportRequest())
	if err != nil {
		return err
	}
	fields := fieldsFor(c.scope.PartnerOnly)
	if prefersCSV(c.r.Header.Get("Accept")) {
		data, err := reportCSV(r, fields)
		if err != nil {
			return err
		}
		c.send(mediaCSV+"; charset=utf-8; header=present", data)
		return nil
	}
	c.send(mediaJSON, reportJSON(r, fields))
	return nil
}

// byGoals reports whether the rows carry the goal's title.
func byGoals(groups []query.Group) bool {
	return slices.Contains(groups, query.ByGoal) || slices.Contains(groups, query.ByGoalName)
}

// reportJSON writes the answer by hand: it is large, and its fields depend on the
// groups.
func reportJSON(r *query.Report, fields []rowField) []byte {
	dst := make([]byte, 0, 256+300*len(r.Rows))
	dst = append(dst, `{"rows":[`...)
	for i := range r.Rows {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendRow(dst, r.Groups, &r.Rows[i], fields)
	}
	dst = append(dst, `],"totals":[`...)
	for i := range r.Totals {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, '{')
		dst = append(appendNumbers(dst, &r.Totals[i], fields), '}')
	}
	dst = append(dst, ']')
	if r.SubsSince != nil {
		dst = appendField(append(dst, ','), fieldSubsSince, r.SubsSince.Format(time.RFC3339))
	}
	return append(dst, "}\n"...)
}

// appendRow appends a row: the values of its groups, the goal's title, the numbers and, where
// rows are not grouped by it, the network.
func appendRow(dst []byte, groups []query.Group, r *query.Row, fields []rowField) []byte {
	dst = append(dst, '{')
	for i, g := range groups {
		dst = append(appendField(dst, string(g), r.Values[i]), ',')
	}
	if byGoals(groups) {
		dst = append(appendField(dst, fieldTitle, r.GoalTitle), ',')
	}
	dst = appendNumbers(dst, r, fields)
	if !slices.Contains(groups, query.ByNetwork) {
		dst = appendField(append(dst, ','), fieldNetwork, r.Network)
	}
	return append(dst, '}')
}

// appendNumbers appends the currency and the numbers of a row or total, without braces.
func appendNumbers(dst []byte, r *query.Row, fields []rowField) []byte {
	dst = appendField(dst, fieldCurrency, r.Currency)
	for i := range fields {
		f := &fields[i]
		dst = append(append(append(dst, `,"`...), f.name...), `":`...)
		dst = f.appendJSON(dst, r)
	}
	return dst
}

// appendField appends a field of text. Names need no escaping.
func appendField(dst []byte, name, value string) []byte {
	dst = append(append(append(dst, '"'), name...), `":`...)
	return appendString(dst, value)
}

// appendString appends JSON text; most values need no escaping.
func appendString(dst []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			quoted, err := json.Marshal(s)
			if err != nil { // text always marshals
				quoted = []byte(strconv.Quote("?"))
			}
			return append(dst, quoted...)
		}
	}
	return append(append(append(dst, '"'), s...), '"')
}

// reportCSV writes the rows without totals, with the same columns as in JSON.
func reportCSV(r *query.Report, fields []rowField) ([]byte, error) {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	head := names(r.Groups)
	title, network := byGoals(r.Groups), !slices.Contains(r.Groups, query.ByNetwork)
	if title {
		head = append(head, fieldTitle)
	}
	head = append(head, fieldCurrency)
	for i := range fields {
		head = append(head, fields[i].name)
	}
	if network {
		head = append(head, fieldNetwork)
	}
	if err := w.Write(head); err != nil {
		return nil, fmt.Errorf("write CSV: %w", err)
	}
	for i := range r.Rows {
		row := &r.Rows[i]
		line := make([]string, 0, len(head))
		for _, v := range row.Values {
			line = append(line, harmless(v))
		}
		if title {
			line = append(line, harmless(row.GoalTitle))
		}
		line = append(line, row.Currency)
		for j := range fields {
			line = append(line, fields[j].csv(row))
		}
		if network {
			line = append(line, row.Network)
		}
		if err := w.Write(line); err != nil {
			return nil, fmt.Errorf("write CSV: %w", err)
		}
	}
	w.Flush()
	return b.Bytes(), w.Error()
}

// harmless keeps text that visitors and partners chose from being taken for a
// formula when the file is opened in a spreadsheet.
func harmless(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}

// prefersCSV reads an Accept header: CSV must be named, and not less liked than JSON.
func prefersCSV(accept string) bool {
	csvQ, jsonQ := 0.0, 0.0
	for part := range strings.SplitSeq(accept, ",") {
		media, params, err := mime.ParseMediaType(part)
		if err != nil {
			continue
		}
		q := 1.0
		if given, err := strconv.ParseFloat(params["q"], 64); err == nil {
			q = given
		}
		switch media {
		case mediaCSV:
			csvQ = q
		case mediaJSON:
			jsonQ = q
		}
	}
	return csvQ > 0 && csvQ >= jsonQ
}
