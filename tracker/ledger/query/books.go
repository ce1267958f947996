package query

import (
	"context"
	"database/sql"
	"encoding/base32"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/waypost/waypost/tracker/clickid"
	"github.com/waypost/waypost/tracker/ledger/store"
)

// ErrNotFound reports that there is no such thing, or none that the scope shows.
var ErrNotFound = errors.New("not found")

// Books reads the tables of a ledger. Safe for concurrent use; it never waits for
// the fold.
type Books struct {
	store *store.Store
}

// New returns the books in s.
func New(s *store.Store) *Books { return &Books{store: s} }

// Scope is how much of the books a caller sees.
type Scope struct {
	// Network is the one network (namespace) to look at, "" for all of them.
	Network string
	// Partner is the one partner (object name) to look at, "" for all of them.
	Partner string
	// PartnerOnly reports that the caller is that partner: private goals, revenue,
	// profit and everything that is between the network and its advertisers are
	// left out.
	PartnerOnly bool
}

// cells puts the scope's conditions on the columns of the table cells as k.
func (s Scope) cells(w *where) {
	w.equal("k.network", s.Network)
	w.equal("k.partner", s.Partner)
	if s.PartnerOnly {
		w.add("k.private = 0")
	}
}

// reader is what queries run on: the database, or a transaction where several
// queries have to see the same state.
type reader interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// each runs a query written with ? and calls f for each row.
func (b *Books) each(ctx context.Context, r reader, query string, args []any, f func(scan func(...any) error) error) error {
	rows, err := r.QueryContext(ctx, b.store.Rebind(query), args...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }() // its error is in rows.Err
	for rows.Next() {
		if err := f(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

// joinLater is a join that keeps its order. SQLite, left to itself, may begin with
// the few rows of cells and then look at every row of the large table for each.
func (b *Books) joinLater() string {
	if b.store.Postgres() {
		return "JOIN"
	}
	return "CROSS JOIN"
}

// snapshot runs f on one unchanging state of the tables.
func (b *Books) snapshot(ctx context.Context, f func(reader) error) error {
	o := &sql.TxOptions{ReadOnly: true}
	if b.store.Postgres() {
		o.Isolation = sql.LevelRepeatableRead
	}
	tx, err := b.store.Reader().BeginTx(ctx, o)
	if err != nil {
		return fmt.Errorf("begin to read: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // nothing was written
	return f(tx)
}

// timeOf turns the tables' microseconds into a time in UTC.
func timeOf(micros int64) time.Time { return time.UnixMicro(micros).UTC() }

// readTime is timeOf, nil for zero.
func readTime(micros int64, to **time.Time) error {
	if *to = nil; micros != 0 {
		t := timeOf(micros)
		*to = &t
	}
	return nil
}

// where collects the conditions of a query, all of which must hold.
type where struct {
	parts []string
	args  []any
}

// add adds a condition written with ?.
func (w *where) add(condition string, args ...any) {
	w.parts = append(w.parts, condition)
	w.args = append(w.args, args...)
}

// equal compares a column with a value; "" is no condition.
func (w *where) equal(column, value string) {
	if value != "" {
		w.add(column+" = ?", value)
	}
}

// fold is equal ignoring case: goal values and slugs match so everywhere.
func (w *where) fold(column, value string) {
	if value != "" {
		w.add("lower("+column+") = ?", strings.ToLower(value))
	}
}

// in compares a column with several values; none is no condition.
func (w *where) in(column string, values []any) {
	if len(values) > 0 {
		w.add(column+" IN ("+strings.TrimSuffix(strings.Repeat("?,", len(values)), ",")+")", values...)
	}
}

// texts is a list of strings as in takes it.
func texts[S ~string](list []S) []any {
	out := make([]any, len(list))
	for i, s := range list {
		out[i] = string(s)
	}
	return out
}

// anys is a list of values that write their own column, as in takes it.
func anys[T any](list []T) []any {
	out := make([]any, len(list))
	for i := range list {
		out[i] = list[i]
	}
	return out
}

// empty reports whether everything matches.
func (w *where) empty() bool { return len(w.parts) == 0 }

// String is the clause with its keyword, or "".
func (w *where) String() string {
	if w.empty() {
		return ""
	}
	return " WHERE " + strings.Join(w.parts, " AND ")
}

// ErrBadCursor reports that a cursor did not come from an earlier page.
var ErrBadCursor = errors.New("the cursor is not one that an answer gave")

// Page is the part of a list that is asked for. Lists are newest first.
type Page struct {
	// Limit is how many items at most.
	Limit int
	// Cursor is the Next of the page before, "" for the first page.
	Cursor string
}

// List is one page of a list.
type List[T any] struct {
	Items []T `json:"items"`
	// Next is the cursor of the page after this one, "" if this is the last.
	Next string `json:"next"`
}

// Ids of conversions, postbacks and deliveries are 26 characters that sort by
// time: 48 bits of milliseconds before a digest, in Crockford's alphabet.
const (
	idLength   = 26
	idAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
)

var idEncoding = base32.NewEncoding(idAlphabet).WithPadding(base32.NoPadding)

// firstID is the smallest id of a millisecond.
func firstID(t time.Time) string {
	ms := uint64(max(t.UnixMilli(), 0))
	var b [8]byte
	// The first character holds three bits of the 48, each other one five.
	binary.BigEndian.PutUint64(b[:], ms<<14)
	return idEncoding.EncodeToString(b[:])[:10] + "0000000000000000"
}

// validCursor reports whether a cursor can be an id.
func validCursor(s string) bool {
	if len(s) != idLength {
		return false
	}
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'A' || c > 'Z') {
			return false
		}
	}
	return true
}

// conditions puts the page on the column id, for ORDER BY id DESC. One row more
// than the limit shows whether there is a next page.
func (p Page) conditions(w *where, column string) error {
	if p.Cursor == "" {
		return nil
	}
	if !validCursor(p.Cursor) {
		return ErrBadCursor
	}
	w.add(column+" < ?", p.Cursor)
	return nil
}

// page cuts what was read to the limit and finds the next cursor.
func page[T any](p Page, items []T, id func(*T) string) List[T] {
	l := List[T]{Items: items}
	if len(items) > p.Limit {
		l.Items = items[:p.Limit]
		l.Next = id(&l.Items[p.Limit-1])
	}
	if l.Items == nil {
		l.Items = []T{}
	}
	return l
}

// Span is a part of time: From counts, To does not. Nil is open.
type Span struct{ From, To *time.Time }

// conditions puts the span on a column of microseconds, and on the column of ids
// that sort by it, so that the primary key finds the rows.
func (s Span) conditions(w *where, at, id string) {
	if s.From != nil {
		w.add(at+" >= ?", s.From.UnixMicro())
		w.add(id+" >= ?", firstID(*s.From))
	}
	if s.To != nil {
		w.add(at+" < ?", s.To.UnixMicro())
		w.add(id+" < ?", firstID(s.To.Add(time.Millisecond)))
	}
}

// Subs are the sub ids of a click, each a field of its own in answers.
type Subs struct {
	Sub1  string `json:"sub1"`
	Sub2  string `json:"sub2"`
	Sub3  string `json:"sub3"`
	Sub4  string `json:"sub4"`
	Sub5  string `json:"sub5"`
	Sub6  string `json:"sub6"`
	Sub7  string `json:"sub7"`
	Sub8  string `json:"sub8"`
	Sub9  string `json:"sub9"`
	Sub10 string `json:"sub10"`
}

// readSubs reads the column subs: a JSON array of up to ten texts.
func readSubs(text string, s *Subs) error {
	if text == "[]" {
		return nil
	}
	var list []string
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		return fmt.Errorf("read sub ids: %w", err)
	}
	fields := [...]*string{&s.Sub1, &s.Sub2, &s.Sub3, &s.Sub4, &s.Sub5, &s.Sub6, &s.Sub7, &s.Sub8, &s.Sub9, &s.Sub10}
	for i := range min(len(list), len(fields)) {
		*fields[i] = list[i]
	}
	return nil
}

// readJSON reads a column that holds JSON.
func readJSON[T any](text string, to *T) error {
	if err := json.Unmarshal([]byte(text), to); err != nil {
		return fmt.Errorf("read a column of JSON: %w", err)
	}
	return nil
}

// subColumn is the n-th (1 to 10) sub id in SQL, "" where there is none.
func (b *Books) subColumn(column string, n int) string {
	if b.store.Postgres() {
		return fmt.Sprintf("coalesce(%s::json->>%d, '')", column, n-1)
	}
	return fmt.Sprintf("coalesce(json_extract(%s, '$[%d]'), '')", column, n-1)
}

// column is where the rows of clicks, impressions and conversions, under the name
// v, have the group.
func (b *Books) column(g Group) string {
	if n := g.sub(); n > 0 {
		return b.subColumn("v.subs", n)
	}
	return "v." + string(g)
}

// readID returns the kind and time that the id of a click or an impression holds; false
// if it cannot be one. The id is not authenticated: a query shows only rows that were
// written under it.
func readID(text string) (kind clickid.Kind, at time.Time, ok bool) {
	raw := store.VisitID(text)
	if len(raw) != clickid.Size || raw[0] == 0 {
		return 0, time.Time{}, false
	}
	return clickid.Kind(raw[0] >> 6), time.Unix(int64(binary.BigEndian.Uint32(raw[1:])), 0), true
}

// clockSkew is how far the clocks of two trackers may be apart.
const clockSkew = time.Minute

// notBefore bounds ids that sort by time by what can follow a click. Something
// that is no click id was never accepted with one, and is in the log only; it
// bounds nothing.
func notBefore(w *where, column, click string) {
	if _, at, ok := readID(click); ok {
		w.add(column+" >= ?", firstID(at.Add(-clockSkew)))
	}
}
