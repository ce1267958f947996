package store

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/waypost/waypost/tracker/ledger/store/column"
)

// table is a table whose rows are of type R.
type table[R any] struct {
	layout
	all  column.List[R]
	read column.List[R]
	// selected is a SELECT of what is read.
	selected string
	// prepare makes room in a row before it is read; nil where there is nothing to make.
	prepare func(*R)
}

// conflict is what an upsert does with a row whose key exists.
type conflict int

const (
	ignore conflict = iota
	replace
)

// newTable returns the table of the columns, the first keys of which are its key.
func newTable[R any](name string, keys int, on conflict, all ...column.Column[R]) *table[R] {
	t := &table[R]{all: all, read: column.List[R](all).Read()}
	t.layout = layout{name: name, columns: t.all.Names()}
	t.selected = "SELECT " + t.read.String() + " FROM " + name
	var set []string
	if on == replace {
		set = t.all.Excluded(keys)
	}
	t.conflict = func(dialect) string { return onConflict(t.columns[:keys], set) }
	return t
}

// insert adds new rows.
func (t *table[R]) insert(ctx context.Context, in session, list []R) error {
	err := in.insert(ctx, &t.layout, len(list), func(i int, row []any) { t.all.Values(&list[i], row) })
	if err != nil {
		return fmt.Errorf("add to %s: %w", t.name, err)
	}
	return nil
}

// upsert adds rows, and replaces or keeps those that exist. A key occurs once in list.
func (t *table[R]) upsert(ctx context.Context, in session, list []R) error {
	err := in.upsert(ctx, &t.layout, len(list), func(i int, row []any) { t.all.Values(&list[i], row) })
	if err != nil {
		return fmt.Errorf("write to %s: %w", t.name, err)
	}
	return nil
}

// find calls each for the rows that a condition selects, which ends in "IN (?*)" for the keys.
func (t *table[R]) find(ctx context.Context, in session, where string, fixed, keys []any, each func(R)) error {
	err := in.lookup(ctx, t.selected+" WHERE "+where, fixed, keys, t.scan(each))
	if err != nil {
		return fmt.Errorf("find in %s: %w", t.name, err)
	}
	return nil
}

// list returns the rows in the order, and under the condition, of the rest of a query.
func (t *table[R]) list(ctx context.Context, in session, rest string, args ...any) (out []R, err error) {
	if err := in.query(ctx, t.selected+" "+rest, args, t.scan(func(r R) { out = append(out, r) })); err != nil {
		return nil, fmt.Errorf("read %s: %w", t.name, err)
	}
	return out, nil
}

func (t *table[R]) scan(each func(R)) func(scanner) error {
	return func(row scanner) error {
		var r R
		if t.prepare != nil {
			t.prepare(&r)
		}
		if err := t.read.Scan(row.Scan, &r); err != nil {
			return err
		}
		each(r)
		return nil
	}
}

// layout is how the rows of a table are written. Its statements are made once.
type layout struct {
	name    string
	columns []string
	// zeros are more columns, which are 0 in every new row.
	zeros []string
	// conflict is what follows "ON CONFLICT" in an upsert, in the database's dialect.
	conflict func(dialect) string
	// integers is whether all columns are integers: PostgreSQL then takes each column
	// as one array, whatever the number of rows.
	integers bool

	made sync.Map // statements by form
}

// form is one statement of a layout.
type form struct {
	verb     string
	rows     int
	conflict bool
}

// chunks are the numbers of rows that one statement writes; the same few
// statements are used again and again, so they stay prepared.
var chunks = []int{64, 8, 1}

// onConflict is the clause that sets columns of the row with the same key; none keeps the row.
func onConflict(key, set []string) string {
	if len(set) == 0 {
		return "(" + strings.Join(key, ", ") + ") DO NOTHING"
	}
	return "(" + strings.Join(key, ", ") + ") DO UPDATE SET " + strings.Join(set, ", ")
}

// values is the statement that writes n rows. It begins with verb, "INSERT" or what
// the database has for it.
func (l *layout) values(d dialect, verb string, n int, conflict bool) string {
	f := form{verb, n, conflict}
	if known, ok := l.made.Load(f); ok {
		return known.(string)
	}
	row := "(" + strings.TrimSuffix(strings.Repeat("?,", len(l.columns)), ",") + strings.Repeat(",0", len(l.zeros)) + ")"
	text := verb + " INTO " + l.name + " (" + l.written() + ") VALUES " + strings.TrimSuffix(strings.Repeat(row+",", n), ",")
	if conflict {
		text += " ON CONFLICT " + l.conflict(d)
	}
	l.made.Store(f, text)
	return text
}

// unnest is PostgreSQL's statement that writes any number of rows, given as an array
// for each column.
func (l *layout) unnest(d dialect) string {
	arrays := strings.TrimSuffix(strings.Repeat("?::bigint[], ", len(l.columns)), ", ")
	return "INSERT INTO " + l.name + " (" + l.written() + ") SELECT *" + strings.Repeat(", 0", len(l.zeros)) + " FROM unnest(" + arrays + ") ON CONFLICT " + l.conflict(d)
}

// written are all columns that a new row gives, by name.
func (l *layout) written() string { return strings.Join(slices.Concat(l.columns, l.zeros), ", ") }

// rebound holds the rewritten form of each query; there are a few dozen.
var rebound sync.Map

// dollars turns ? into $1, $2 and so on.
func dollars(query string) string {
	if q, ok := rebound.Load(query); ok {
		return q.(string)
	}
	var b strings.Builder
	n := 0
	for i := range len(query) {
		if query[i] != '?' {
			b.WriteByte(query[i])
			continue
		}
		n++
		b.WriteByte('$')
		b.WriteString(strconv.Itoa(n))
	}
	rebound.Store(query, b.String())
	return b.String()
}
