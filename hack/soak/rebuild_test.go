package soak

import (
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite"

	"github.com/waypost/waypost/hack/installation"
)

// rebuilt are the tables that a rebuild must give again, and deliveries, which it
// must leave alone.
var rebuilt = []string{
	"cells", "goals", "zones", "terms", "clicks", "impressions", "sessions", "conversions", "repeats", "parked", "postbacks",
	"rollup_quarter", "rollup_day", "caps", "boots", "uniques", "deliveries", "delivery_targets",
}

func (s *stage) open(l installation.Ledger) *sql.DB {
	s.t.Helper()
	driver, source := "sqlite", "file:"+l.Database+"?mode=ro"
	if strings.HasPrefix(l.Database, "postgres") {
		driver, source = "pgx", l.Database
	}
	db, err := sql.Open(driver, source)
	s.must(err)
	return db
}

// position is how far a ledger's tables have come.
func (s *stage) position(l installation.Ledger) (position, parked int64) {
	db := s.open(l)
	defer func() { _ = db.Close() }() // nothing was written
	err := db.QueryRowContext(s.t.Context(), "SELECT position, (SELECT count(*) FROM parked) FROM ledger").Scan(&position, &parked)
	if err != nil {
		return 0, 0 // the database is coming back
	}
	return position, parked
}

// dump is each table's content, a line a row, in any order.
func (s *stage) dump(l installation.Ledger) map[string][]string {
	s.t.Helper()
	db := s.open(l)
	defer func() { _ = db.Close() }() // nothing was written
	out := map[string][]string{}
	for _, table := range rebuilt {
		query := "SELECT * FROM " + table
		switch {
		case table == "boots":
			query += " WHERE writer <> 'ledger'" // those go on ticking when another one is stopped
		case table == "uniques" && !strings.HasPrefix(l.Database, "postgres"):
			query = visitors
		}
		out[table] = s.rows(db, query)
	}
	return out
}

// visitors are the rows of uniques in SQLite, which has many visitors in a row, eight
// bytes each; how many depends on what was folded together.
const visitors = `WITH RECURSIVE each(day, rest, visitor) AS (
	SELECT day, hex(digests), '' FROM visitors
	UNION ALL SELECT day, substr(rest, 17), substr(rest, 1, 16) FROM each WHERE rest <> '')
SELECT day, visitor FROM each WHERE visitor <> ''`

func (s *stage) rows(db *sql.DB, query string) []string {
	rows, err := db.QueryContext(s.t.Context(), query)
	s.must(err)
	defer func() { _ = rows.Close() }() // read to its end
	columns, err := rows.Columns()
	s.must(err)
	var out []string
	for rows.Next() {
		cells, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range cells {
			into[i] = &cells[i]
		}
		s.must(rows.Scan(into...))
		var b strings.Builder
		for i, c := range cells {
			if raw, ok := c.([]byte); ok {
				c = hex.EncodeToString(raw)
			}
			fmt.Fprintf(&b, "%s=%v ", columns[i], c)
		}
		out = append(out, b.String())
	}
	s.must(rows.Err())
	slices.Sort(out)
	return out
}

// rebuild runs "waypost ledger rebuild" and expects equal tables.
func (s *stage) rebuild(l installation.Ledger) {
	s.t.Helper()
	before := s.dump(l)
	begun := time.Now()
	args := slices.Insert(s.i.LedgerArgs(l), 1, "rebuild")
	out, err := exec.CommandContext(s.t.Context(), s.i.Binary, args...).CombinedOutput()
	if err != nil {
		s.t.Fatalf("waypost ledger rebuild: %v\n%s", err, out)
	}
	after := s.dump(l)
	total := 0
	for _, table := range rebuilt {
		total += len(before[table])
		if digest(before[table]) == digest(after[table]) {
			continue
		}
		s.t.Errorf("%s: after the rebuild %s has %d rows, before %d", l.Name, table, len(after[table]), len(before[table]))
		for _, x := range only(after[table], before[table]) {
			s.t.Errorf("%s: rebuilt %s", table, x)
		}
		for _, x := range only(before[table], after[table]) {
			s.t.Errorf("%s: before  %s", table, x)
		}
	}
	s.t.Logf("%s: rebuilt in %s, %d rows in %d tables compared", l.Name, time.Since(begun).Round(time.Millisecond), total, len(rebuilt))
}

func digest(lines []string) string {
	sum := sha256.Sum256([]byte(strings.Join(lines, "\n")))
	return hex.EncodeToString(sum[:])
}
