package ledger

import (
	"database/sql"
	"os"
	"slices"
	"testing"

	"github.com/pressly/goose/v3"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/tracker/ledger/store/storetest"
)

// beforeJournal is what the version before journals had ids folded into the tables of
// testdata/before-journal, which that version wrote.
func beforeJournal() *tape {
	tp := newTape()
	for n := 1; n <= 6; n++ {
		tp.write(clickEntry(n, int64(n)))
	}
	tp.write(impressionEntry(7, 7), impressionEntry(8, 8))
	tp.write(postEntry(1, 1, 100, order("a"), amount(10_000_000)), postEntry(2, 2, 110, order("it's")))
	tp.write(postEntry(3, 3, 120, order("c"), holdFor(2)), postEntry(4, 4, 130, manual))
	tp.write(postEntry(2, 2, 140, order("it's")), postEntry(5, 5, 150, order("e"), multiple))
	tp.write(postEntry(99, 60, 160, order("f")))
	tp.write(tickEntry(200))
	return tp
}

// loadBefore makes the tables of that version.
func loadBefore(t *testing.T, target string, postgres bool) *sql.DB {
	t.Helper()
	name, driver, dialect, version := "sqlite", "sqlite", goose.DialectSQLite3, int64(5)
	if postgres {
		name, driver, dialect, version = "postgres", "pgx", goose.DialectPostgres, 4
	}
	db, err := sql.Open(driver, target)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	schema, err := goose.NewProvider(dialect, db, os.DirFS("store/migrations/"+name))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := schema.UpTo(t.Context(), version); err != nil {
		t.Fatal(err)
	}
	rows, err := os.ReadFile("testdata/before-journal/" + name + ".sql")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), string(rows)); err != nil {
		t.Fatal(err)
	}
	return db
}

// TestTablesOfTheVersionBefore: they open, keep every row, and what is folded on gives
// the tables that one version would have made of it all.
func TestTablesOfTheVersionBefore(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) { migrated(t, storetest.SQLite(t), false) })
	t.Run("postgres", func(t *testing.T) { migrated(t, storetest.Postgres(t), true) })
}

func migrated(t *testing.T, target string, postgres bool) {
	tables := append(slices.Clone(judged), "uniques", "deliveries")
	if !postgres {
		tables[len(judged)] = "visitors"
	}
	db := loadBefore(t, target, postgres)
	before := dump(t, db, tables...)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	tp := beforeJournal()
	o := newOffice(t, target, tp)
	sameTables(t, dump(t, o.store.Reader(), tables...), before)

	reviewed := rowsOf(t, o.store.Reader(), "SELECT id FROM conversions WHERE status = 2")
	if len(reviewed) != 1 {
		t.Fatalf("pending conversions: %v", reviewed)
	}
	tp.write(clickEntry(9, 300), postEntry(9, 300, 310, order("g")))
	tp.write(postEntry(2, 2, 320, order("it's")), postEntry(6, 6, 330, order("h")), impressionEntry(10, 335))
	tp.write(moderation(reviewed[0][len("id="):len(reviewed[0])-1], snapshot.StatusApproved, 340))
	tp.write(tickEntry(3 * 3600)) // the hold ends
	o.catchUp()
	whole := newOffice(t, storetest.SQLite(t), tp)
	whole.catchUp()
	sameTables(t, dump(t, o.store.Reader(), judged...), dump(t, whole.store.Reader(), judged...))
	const approved = "SELECT count(*) AS n FROM conversions WHERE status = 1"
	if got, want := rowsOf(t, o.store.Reader(), approved)[0], "n=8 "; got != want {
		t.Errorf("approved conversions %s, want %s", got, want)
	}
}
