package store

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// writeMiB commits about as much as n MiB.
func writeMiB(t *testing.T, s *Store, n int) {
	t.Helper()
	err := s.Update(t.Context(), func(tx *Tx) error {
		for range n {
			if _, err := tx.Exec(t.Context(), "INSERT INTO terms (hash, body) VALUES (randomblob(16), zeroblob(1048576))"); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func openFile(t *testing.T) (s *Store, path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "ledger.db")
	s, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s, path
}

func TestCommitsReachTheFileWhileTheLedgerRuns(t *testing.T) {
	s, path := openFile(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	const size = 12
	writeMiB(t, s, size)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		file, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if file.Size() > size<<20 {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatal("the file does not grow")
		}
	}
}

func TestALongLogBeginsAgain(t *testing.T) {
	s, _ := openFile(t)
	e := s.engine.(*sqlite)
	writeMiB(t, s, 40)
	if err := e.checkpoint(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(e.turn) != 1 {
		t.Fatal("the writer did not come back")
	}
	writeMiB(t, s, 1)
	frames, err := e.copyLog(t.Context())
	if err != nil || frames > finishFrames/2 {
		t.Errorf("the log has %d pages, %v", frames, err)
	}
}
