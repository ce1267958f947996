package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/waypost/waypost/tracker/ledger/judge"
)

// Visit is a row of clicks or impressions.
type Visit struct {
	Day    int64 // UTC
	ID     string
	Cell   int64
	Kind   int64 // the number of its VisitKind
	Unique bool  // clicks only
	judge.Visit
}

var (
	clickTable = &table{name: "clicks", columns: columnsOf(
		"day id at cell kind source ref imp_id country device os subs ip user_agent referrer uniq aimp_id")}
	impressionTable = &table{name: "impressions", columns: columnsOf(
		"day id at cell kind source ref imp_id country device os subs ip user_agent referrer")}
)

// AddClicks adds new clicks.
func (tx *Tx) AddClicks(ctx context.Context, rows []Visit) error {
	return tx.addVisits(ctx, clickTable, rows)
}

// AddImpressions adds new impressions.
func (tx *Tx) AddImpressions(ctx context.Context, rows []Visit) error {
	return tx.addVisits(ctx, impressionTable, rows)
}

func (tx *Tx) addVisits(ctx context.Context, t *table, rows []Visit) error {
	if err := tx.preparePartitions(ctx, t.name, rows); err != nil {
		return err
	}
	err := tx.in.insert(ctx, t, len(rows), func(i int, row []any) {
		v := &rows[i]
		row[0], row[1], row[2], row[3], row[4] = v.Day, VisitID(v.ID), v.At, v.Cell, v.Kind
		row[5], row[6], row[7], row[8] = clean(v.Source), clean(v.Ref), clean(v.ImpID), clean(v.Country)
		row[9], row[10], row[11] = clean(v.Device), clean(v.OS), subsText(&v.Subs)
		row[12], row[13], row[14] = clean(v.IP), clean(v.Agent), clean(v.Referrer)
		if len(row) > 15 {
			row[15], row[16] = flag(v.Unique), clean(v.AimpID)
		}
	})
	if err != nil {
		return fmt.Errorf("add %s: %w", t.name, err)
	}
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
		b = appendQuoted(b, subs[i])
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

// VisitRef is where a visit is looked for: its id and the UTC day in it.
type VisitRef struct {
	ID  string
	Day int64
}

// Clicks finds what judging and deliveries need of clicks, by id: not the visitor's
// program, system and page. Those that are gone are left out.
func (tx *Tx) Clicks(ctx context.Context, refs []VisitRef) (map[string]*judge.Visit, error) {
	return tx.visits(ctx, "SELECT id, at, source, ref, imp_id, country, device, subs, ip, aimp_id FROM clicks WHERE day = ? AND id IN (?*)", refs)
}

// Impressions finds the same of impressions.
func (tx *Tx) Impressions(ctx context.Context, refs []VisitRef) (map[string]*judge.Visit, error) {
	return tx.visits(ctx, "SELECT id, at, source, ref, imp_id, country, device, subs, ip, '' FROM impressions WHERE day = ? AND id IN (?*)", refs)
}

func (tx *Tx) visits(ctx context.Context, query string, refs []VisitRef) (map[string]*judge.Visit, error) {
	days := make(map[int64][]any)
	for _, r := range refs {
		days[r.Day] = append(days[r.Day], VisitID(r.ID))
	}
	out := make(map[string]*judge.Visit, len(refs))
	for day, keys := range days {
		err := tx.in.lookup(ctx, query, []any{day}, keys, func(row scanner) error {
			var id []byte
			var v judge.Visit
			var subs string
			if err := row.Scan(&id, &v.At, &v.Source, &v.Ref, &v.ImpID, &v.Country, &v.Device, &subs, &v.IP, &v.AimpID); err != nil {
				return err
			}
			out[VisitText(id)] = &v
			return parseSubs(subs, &v.Subs)
		})
		if err != nil {
			return nil, fmt.Errorf("find clicks and impressions: %w", err)
		}
	}
	return out, nil
}

// ClaimVisitors records the visitors of a UTC day, given as digests in their order and
// without repetitions, and calls first for those that were not there before.
func (tx *Tx) ClaimVisitors(ctx context.Context, day int64, visitors []int64, first func(int64)) error {
	if err := tx.in.claim(ctx, day, visitors, first); err != nil {
		return fmt.Errorf("count unique clicks: %w", err)
	}
	return nil
}
