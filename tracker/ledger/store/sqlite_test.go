package store

import (
	"path/filepath"
	"testing"
)

// TestLostConnection: a connection that the driver gave up is replaced.
func TestLostConnection(t *testing.T) {
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "ledger.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	put := func(id string) error {
		return s.Update(t.Context(), func(tx *Tx) error {
			return tx.Sessions.Close(t.Context(), []Session{{ID: id}})
		})
	}
	if err := put("a"); err != nil {
		t.Fatal(err)
	}
	e := s.engine.(*sqlite)
	w := <-e.turn
	_ = w.conn.Close()
	e.turn <- w
	for _, id := range []string{"b", "c"} {
		if err := put(id); err != nil {
			t.Fatalf("after the loss: %v", err)
		}
	}
}

// TestOtherDatabasesAreRefused: the URL of another database is no file name.
func TestOtherDatabasesAreRefused(t *testing.T) {
	t.Chdir(t.TempDir()) // where a file of that name would be made
	if s, err := Open(t.Context(), "mysql://127.0.0.1/books"); err == nil {
		t.Error("a mysql:// URL is opened")
		_ = s.Close()
	}
}
