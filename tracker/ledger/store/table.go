package store

import (
	"slices"
	"strconv"
	"strings"
	"sync"
)

// table says how the rows of a table are written.
type table struct {
	name    string
	columns []string
	// zeros are more columns, which are 0 in every new row.
	zeros []string
	// conflict is what follows "ON CONFLICT" in an upsert.
	conflict string
	// integers says that all columns are integers: PostgreSQL then takes each column
	// as one array, whatever the number of rows.
	integers bool
}

// chunks are the numbers of rows that one statement writes; the same few
// statements are used again and again, so they stay prepared.
var chunks = []int{64, 8, 1}

// values is the statement that writes n rows. It begins with verb, "INSERT" or what
// the database has for it.
func (t *table) values(verb string, n int, conflict bool) string {
	row := "(" + strings.TrimSuffix(strings.Repeat("?,", len(t.columns)), ",") + strings.Repeat(",0", len(t.zeros)) + ")"
	var b strings.Builder
	b.WriteString(verb + " INTO " + t.name + " (" + t.written() + ") VALUES ")
	b.WriteString(strings.TrimSuffix(strings.Repeat(row+",", n), ","))
	if conflict {
		b.WriteString(" ON CONFLICT " + t.conflict)
	}
	return b.String()
}

// unnest is PostgreSQL's statement that writes any number of rows, given as an array
// for each column.
func (t *table) unnest() string {
	arrays := strings.TrimSuffix(strings.Repeat("?::bigint[], ", len(t.columns)), ", ")
	return "INSERT INTO " + t.name + " (" + t.written() + ") SELECT *" + strings.Repeat(", 0", len(t.zeros)) + " FROM unnest(" + arrays + ") ON CONFLICT " + t.conflict
}

// written are all columns that a new row gives, by name.
func (t *table) written() string { return strings.Join(slices.Concat(t.columns, t.zeros), ", ") }

// replace makes an upsert replace every column of the row with the same key.
func replace(key string, columns []string) string {
	keys := strings.Split(key, ", ")
	var set []string
	for _, c := range columns {
		if !slices.Contains(keys, c) {
			set = append(set, c+" = excluded."+c)
		}
	}
	return "(" + key + ") DO UPDATE SET " + strings.Join(set, ", ")
}

// columnsOf splits a list of columns.
func columnsOf(list string) []string { return strings.Fields(list) }

// rebound remembers the rewritten form of each query; there are a few dozen.
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
