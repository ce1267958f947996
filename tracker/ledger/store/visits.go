package store

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/waypost/waypost/tracker/ledger/judge"
	"github.com/waypost/waypost/tracker/ledger/store/column"
)

// Visits are the tables of clicks, impressions and visitors, and of what is left of them.
type Visits struct{ in session }

// Visit is a row of clicks or impressions.
type Visit struct {
	Day    int64 // UTC
	ID     string
	Cell   int64
	Kind   int64 // the number of its VisitKind
	Unique bool  // clicks only
	judge.Visit
}

// Look-ups read what judging and deliveries need: not the visitor's program, system and page.
var impressionTable = newTable("impressions", 2, ignore,
	column.Number("day", func(v *Visit) *int64 { return &v.Day }).WriteOnly(),
	column.Encoded("id", func(v *Visit) *string { return &v.ID }, visitID, visitText),
	column.Number("at", func(v *Visit) *int64 { return &v.At }),
	column.Number("cell", func(v *Visit) *int64 { return &v.Cell }).WriteOnly(),
	column.Number("kind", func(v *Visit) *int64 { return &v.Kind }).WriteOnly(),
	column.Text("source", func(v *Visit) *string { return &v.Source }),
	column.Text("ref", func(v *Visit) *string { return &v.Ref }),
	column.Text("imp_id", func(v *Visit) *string { return &v.ImpID }),
	column.Text("country", func(v *Visit) *string { return &v.Country }),
	column.Text("device", func(v *Visit) *string { return &v.Device }),
	column.Text("os", func(v *Visit) *string { return &v.OS }).WriteOnly(),
	column.Encoded("subs", func(v *Visit) *[10]string { return &v.Subs }, subsText, parseSubs),
	column.Text("ip", func(v *Visit) *string { return &v.IP }),
	column.Text("user_agent", func(v *Visit) *string { return &v.Agent }).WriteOnly(),
	column.Text("referrer", func(v *Visit) *string { return &v.Referrer }).WriteOnly(),
)

var clickTable = newTable("clicks", 2, ignore, slices.Concat(impressionTable.all, column.List[Visit]{
	column.Flag("uniq", func(v *Visit) *bool { return &v.Unique }).WriteOnly(),
	column.Text("aimp_id", func(v *Visit) *string { return &v.AimpID }),
})...)

// AddClicks adds new clicks.
func (v Visits) AddClicks(ctx context.Context, list []Visit) error {
	return v.add(ctx, clickTable, list)
}

// AddImpressions adds new impressions.
func (v Visits) AddImpressions(ctx context.Context, list []Visit) error {
	return v.add(ctx, impressionTable, list)
}

// add makes the partitions of the days of the rows first.
func (v Visits) add(ctx context.Context, t *table[Visit], list []Visit) error {
	last := int64(-1 << 62)
	for i := range list {
		if list[i].Day == last {
			continue
		}
		last = list[i].Day
		if err := v.in.ensurePartition(ctx, t.name, last); err != nil {
			return err
		}
	}
	return t.insert(ctx, v.in, list)
}

// VisitRef is where a visit is looked for: its id and the UTC day in it.
type VisitRef struct {
	ID  string
	Day int64
}

// Clicks finds clicks by id. Those that are gone are left out.
func (v Visits) Clicks(ctx context.Context, refs []VisitRef) (map[string]*judge.Visit, error) {
	return v.find(ctx, clickTable, refs)
}

// Impressions finds impressions by id. Those that are gone are left out.
func (v Visits) Impressions(ctx context.Context, refs []VisitRef) (map[string]*judge.Visit, error) {
	return v.find(ctx, impressionTable, refs)
}

func (v Visits) find(ctx context.Context, t *table[Visit], refs []VisitRef) (map[string]*judge.Visit, error) {
	days := make(map[int64][]any)
	for _, r := range refs {
		days[r.Day] = append(days[r.Day], VisitID(r.ID))
	}
	out := make(map[string]*judge.Visit, len(refs))
	for day, keys := range days {
		err := t.find(ctx, v.in, "day = ? AND id IN (?*)", []any{day}, keys, func(found Visit) { out[found.ID] = &found.Visit })
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Claim records the visitors of a UTC day, given as digests in their order and
// without repetitions, and calls first for those that were not there before.
func (v Visits) Claim(ctx context.Context, day int64, visitors []int64, first func(int64)) error {
	if err := v.in.claim(ctx, day, visitors, first); err != nil {
		return fmt.Errorf("count unique clicks: %w", err)
	}
	return nil
}

// Drop removes clicks and impressions of the UTC days before day, and
// visitors of the days before uniques. What reports need beyond sub ids stays in
// past_visits.
func (v Visits) Drop(ctx context.Context, day, uniques int64) error {
	for _, t := range []string{"clicks", "impressions"} {
		if _, err := v.in.exec(ctx, v.condense(t), day); err != nil {
			return fmt.Errorf("condense %s before day %d: %w", t, day, err)
		}
		if err := v.in.dropDays(ctx, t, day); err != nil {
			return fmt.Errorf("drop %s before day %d: %w", t, day, err)
		}
	}
	if err := v.in.dropVisitors(ctx, uniques); err != nil {
		return fmt.Errorf("drop unique visitors: %w", err)
	}
	return nil
}

// measured are the numbers of past_visits, for each of the tables that it condenses.
var measured = []struct{ column, clicks, impressions string }{
	{"clicks", "count(*)", "0"},
	{"unique_clicks", "sum(uniq)", "0"},
	{"impressions", "0", "count(*)"},
	{"click_payout", bounded("payout"), "0"},
	{"click_revenue", bounded("revenue"), "0"},
	{"imp_payout_nano", "0", bounded("payout")},
	{"imp_revenue_nano", "0", bounded("revenue")},
}

// condense is the statement that adds the visits of the days before one to
// past_visits. A visit may come late, after those of its day have been condensed.
func (v Visits) condense(table string) string {
	var columns, sums, adding []string
	for _, m := range measured {
		sum := m.clicks
		if table == "impressions" {
			sum = m.impressions
		}
		columns = append(columns, m.column)
		sums = append(sums, "CAST("+sum+" AS bigint)")
		adding = append(adding, m.column+" = "+v.in.clamped("past_visits."+m.column, "excluded."+m.column))
	}
	// Subqueries rather than a join: a database may begin a join with the kinds, and
	// look at all rows for each.
	const worth = "coalesce((SELECT k.payout FROM visit_kinds k WHERE k.id = v.kind), 0) AS payout, coalesce((SELECT k.revenue FROM visit_kinds k WHERE k.id = v.kind), 0) AS revenue"
	return "INSERT INTO past_visits (bucket, cell, source, country, device, " + strings.Join(columns, ", ") + ")" +
		" SELECT at / 900000000, cell, source, country, device, " + strings.Join(sums, ", ") +
		" FROM (SELECT v.*, " + worth + " FROM " + table + " v WHERE v.day < ?) AS w GROUP BY 1, 2, 3, 4, 5" +
		" ON CONFLICT (bucket, cell, source, country, device) DO UPDATE SET " + strings.Join(adding, ", ")
}

// bounded is a sum of money that stops at the end of int64, where a database would
// fail; money is not negative.
func bounded(column string) string {
	millions, rest := "sum("+column+" / 1000000)", "sum("+column+" % 1000000)"
	return "CASE WHEN " + millions + " >= 9223372036854 THEN 9223372036854775807 ELSE " + millions + " * 1000000 + " + rest + " END"
}

// DropPersonal empties address, user agent and referrer of the clicks and
// impressions of the UTC days from up to before until.
func (v Visits) DropPersonal(ctx context.Context, from, until int64) error {
	for _, t := range []string{"clicks", "impressions"} {
		_, err := v.in.exec(ctx, "UPDATE "+t+" SET ip = '', user_agent = '', referrer = '' WHERE day >= ? AND day < ?"+
			" AND (ip <> '' OR user_agent <> '' OR referrer <> '')", from, until)
		if err != nil {
			return fmt.Errorf("drop personal data of %s before day %d: %w", t, until, err)
		}
	}
	return nil
}

// tokenBytes is the length of a click id or impression id in its binary form.
const tokenBytes = 37

// tokens is how ids are written in URLs.
var tokens = base64.RawURLEncoding.Strict()

// VisitID is the form in which clicks and impressions are keyed: the 37 bytes
// behind an id, which sort by time. Anything else is kept as text behind a zero
// byte, with which no such id begins.
func VisitID(text string) []byte {
	raw, err := tokens.DecodeString(text)
	if err != nil || len(raw) != tokenBytes || raw[0] == 0 {
		return append([]byte{0}, text...)
	}
	return raw
}

// VisitText is the inverse of VisitID.
func VisitText(id []byte) string {
	if len(id) > 0 && id[0] == 0 {
		return string(id[1:])
	}
	return tokens.EncodeToString(id)
}

func visitID(text *string) []byte { return VisitID(*text) }

func visitText(id []byte, text *string) error {
	*text = VisitText(id)
	return nil
}

// noSubs is how the absence of sub ids is stored.
const noSubs = "[]"

// subsText is the sub ids as a JSON array without the empty ones at its end.
func subsText(subs *[10]string) string {
	n := len(subs)
	for n > 0 && subs[n-1] == "" {
		n--
	}
	if n == 0 {
		return noSubs
	}
	b := make([]byte, 0, 64)
	for i := range n {
		b = append(b, "[,"[min(i, 1)])
		b = column.AppendQuoted(b, subs[i])
	}
	return string(append(b, ']'))
}

func parseSubs(text string, subs *[10]string) error {
	if text == noSubs {
		return nil
	}
	if plainSubs(text, subs) {
		return nil
	}
	var list []string
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		return fmt.Errorf("read sub ids: %w", err)
	}
	copy(subs[:], list)
	return nil
}

// plainSubs reads sub ids in which nothing is escaped, as most are, and reports whether
// it could: the library takes ten times as long.
func plainSubs(text string, subs *[10]string) bool {
	rest, ok := strings.CutPrefix(text, `["`)
	if ok {
		rest, ok = strings.CutSuffix(rest, `"]`)
	}
	if !ok || strings.IndexByte(rest, '\\') >= 0 {
		return false
	}
	n := 0
	for part := range strings.SplitSeq(rest, `","`) {
		if n == len(subs) || strings.IndexByte(part, '"') >= 0 {
			return false
		}
		subs[n] = part
		n++
	}
	return true
}
