package journal

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-logr/logr/funcr"
)

// TestEndOfTheJournalIsKnown beside it, whatever becomes of the journal.
func TestEndOfTheJournalIsKnown(t *testing.T) {
	const batches = 12
	dir := filepath.Join(t.TempDir(), "journal")
	older := filepath.Join(t.TempDir(), "older")
	life := func(clicks int) State {
		t.Helper()
		e, c := startEmbedded(t, dir, EmbeddedOptions{})
		defer e.Close()
		defer c.Close()
		s, err := c.Inspect(testContext(t), 0)
		if err != nil {
			t.Fatal(err)
		}
		w := newTestWriter(t, c, WriterOptions{MaxBatchEntries: 1})
		writeClicks(t, w, 0, clicks)
		if err := w.Close(testContext(t)); err != nil {
			t.Fatal(err)
		}
		return s
	}
	replace := func(by string) {
		t.Helper()
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
		if err := os.CopyFS(dir, os.DirFS(by)); err != nil {
			t.Fatal(err)
		}
	}
	if s := life(batches / 2); s.Answered != 0 {
		t.Fatalf("new: %+v", s)
	}
	if err := os.CopyFS(older, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	life(batches / 2)
	if s := life(0); s.Answered != batches || s.Last != batches || s.Replaced {
		t.Fatalf("whole: %+v", s)
	}
	replace(older)
	if s := life(batches); s.Answered != batches || s.Last != batches/2 {
		t.Fatalf("an older copy: %+v", s)
	}
	end, err := os.ReadFile(dir + ".end")
	if err != nil {
		t.Fatal(err)
	}
	replace(older)
	life(batches)
	if err := os.WriteFile(dir+".end", end, 0o600); err != nil {
		t.Fatal(err)
	}
	if s := life(0); s.Answered <= batches || !s.Replaced {
		t.Fatalf("an older copy that was written to: %+v", s)
	}
}

func TestDamagedEndFileIsPassedOver(t *testing.T) {
	for name, damage := range map[string]func(data []byte) []byte{
		"position": func(data []byte) []byte { data[19]++; return data },
		"id":       func(data []byte) []byte { data[22]++; return data },
		"cut":      func(data []byte) []byte { return data[:len(data)-3] },
		"none":     func(data []byte) []byte { return data },
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "end")
			var lines []string
			log := funcr.New(func(_, line string) { lines = append(lines, line) }, funcr.Options{})
			open := func() *endFile {
				t.Helper()
				e, err := openEndFile(file, log)
				if err != nil {
					t.Fatal(err)
				}
				return e
			}
			e := open()
			e.reach(1<<40, testHeader.MessageID())
			e.reach(7, "of an earlier one")
			if err := e.close(); err != nil {
				t.Fatal(err)
			}
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, damage(data), 0o600); err != nil {
				t.Fatal(err)
			}
			e = open()
			position, id := e.last()
			if whole := name == "none"; whole != (position == 1<<40 && id == testHeader.MessageID()) || whole != (len(lines) == 0) || !whole && position != 0 {
				t.Errorf("%d %q, log %s", position, id, strings.Join(lines, "\n"))
			}
			if err := e.close(); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// TestEndFileThatCannotBeOpened names the file and whether it may go.
func TestEndFileThatCannotBeOpened(t *testing.T) {
	dir := t.TempDir() + "/journal"
	if err := os.MkdirAll(dir+".end", 0o700); err != nil {
		t.Fatal(err)
	}
	_, err := StartEmbedded(dir, EmbeddedOptions{})
	if err == nil || !strings.Contains(err.Error(), dir+".end") || !strings.Contains(err.Error(), "may be moved away") {
		t.Errorf("%v", err)
	}
}
