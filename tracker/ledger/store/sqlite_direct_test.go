package store

import (
	"fmt"
	"path/filepath"
	"testing"
)

// A statement that fails ends the filling of those after it, and the next transaction
// finds nothing of the rows before it.
func TestRefusedRowEndsAWrite(t *testing.T) {
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "ledger.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	rows := make([]Visit, 50*chunks[0])
	for i := range rows {
		rows[i] = Visit{ID: fmt.Sprint(i)}
	}
	add := func() error {
		return s.Update(t.Context(), func(tx *Tx) error { return tx.Visits.AddClicks(t.Context(), rows) })
	}
	rows[3*chunks[0]].ID = rows[0].ID
	if err := add(); err == nil {
		t.Fatal("two clicks of one id are stored")
	}
	rows[3*chunks[0]].ID = "another"
	if err := add(); err != nil {
		t.Fatalf("after the refused one: %v", err)
	}
}
