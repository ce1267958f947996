package journal

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-logr/logr"
	"github.com/go-logr/logr/funcr"

	"github.com/waypost/waypost/hack/fulldisk"
)

func openTestSpool(t *testing.T, name string, most int64) *spool {
	t.Helper()
	s, err := openSpool(name, most, logr.Discard())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.f.Close() })
	return s
}

func recordNo(i int) []byte { return []byte(fmt.Sprintf("record %d %s", i, strings.Repeat("x", i*10))) }

func appendRecords(t *testing.T, s *spool, from, to int) {
	t.Helper()
	var records [][]byte
	for i := from; i < to; i++ {
		records = append(records, recordNo(i))
	}
	if err := s.append(records); err != nil {
		t.Fatal(err)
	}
}

// wantRecords reads the spool empty and checks that it held from..to-1.
func wantRecords(t *testing.T, s *spool, from, to int) {
	t.Helper()
	for i := from; i < to; i++ {
		got, err := s.first()
		if err != nil || !bytes.Equal(got, recordNo(i)) {
			t.Fatalf("got %q, %v; want record %d", got, err, i)
		}
		if err := s.forward(); err != nil {
			t.Fatal(err)
		}
	}
	if !s.empty() || s.size() != 0 {
		t.Fatalf("%d bytes are left", s.size())
	}
}

func reopen(t *testing.T, s *spool) *spool {
	t.Helper()
	if err := s.close(); err != nil {
		t.Fatal(err)
	}
	return openTestSpool(t, s.f.Name(), s.most)
}

func TestSpoolKeepsRecordsAcrossRestarts(t *testing.T) {
	s := openTestSpool(t, filepath.Join(t.TempDir(), "a", "spool"), 1<<20)
	appendRecords(t, s, 0, 5)
	appendRecords(t, s, 5, 6)
	for range 2 {
		if err := s.forward(); err != nil {
			t.Fatal(err)
		}
	}
	s = reopen(t, s)
	appendRecords(t, s, 6, 10)
	wantRecords(t, s, 2, 10)
	s = reopen(t, s)
	wantRecords(t, s, 0, 0)
	appendRecords(t, s, 0, 3)
	wantRecords(t, s, 0, 3)
	if info, err := s.f.Stat(); err != nil || info.Size() != spoolHead {
		t.Fatalf("an empty spool takes %d bytes", info.Size())
	}
}

// A crash may leave any beginning of what was being written. What was whole before
// must be read, and nothing else.
func TestSpoolAfterACrashAtEveryByte(t *testing.T) {
	name := filepath.Join(t.TempDir(), "spool")
	s := openTestSpool(t, name, 1<<20)
	appendRecords(t, s, 0, 2)
	whole := s.tail
	appendRecords(t, s, 2, 4)
	if err := s.close(); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	third := whole + spoolRecordHead + int64(len(recordNo(2)))
	for cut := 1; cut <= len(data); cut++ {
		if err := os.WriteFile(name, data[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		s := openTestSpool(t, name, 1<<20)
		want := 0
		switch at := int64(cut); {
		case at == int64(len(data)):
			want = 4
		case at >= third:
			want = 3
		case at >= whole:
			want = 2
		case at >= spoolHead+spoolRecordHead+int64(len(recordNo(0))):
			want = 1
		}
		appendRecords(t, s, want, want+1)
		wantRecords(t, s, 0, want+1)
		if err := s.close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestSpoolSetsDamageAside(t *testing.T) {
	name := filepath.Join(t.TempDir(), "spool")
	s := openTestSpool(t, name, 1<<20)
	appendRecords(t, s, 0, 2)
	whole := s.tail
	appendRecords(t, s, 2, 5)
	if _, err := s.f.WriteAt([]byte("!"), whole+spoolRecordHead+3); err != nil {
		t.Fatal(err)
	}
	size := s.tail
	s = reopen(t, s)
	wantRecords(t, s, 0, 2)
	aside, err := os.ReadFile(name + ".damaged")
	if err != nil || int64(len(aside)) != size-whole {
		t.Fatalf("%d bytes were set aside (%v), want %d", len(aside), err, size-whole)
	}
}

func TestSpoolWithAWrongOffset(t *testing.T) {
	for _, offset := range []int64{0, 3, 1 << 40} {
		s := openTestSpool(t, filepath.Join(t.TempDir(), "spool"), 1<<20)
		appendRecords(t, s, 0, 3)
		s.head = offset
		if err := s.writeHead(); err != nil {
			t.Fatal(err)
		}
		wantRecords(t, reopen(t, s), 0, 3)
	}
}

func TestSpoolIsBounded(t *testing.T) {
	s := openTestSpool(t, filepath.Join(t.TempDir(), "spool"), 300)
	appendRecords(t, s, 0, 3)
	before := s.tail
	if err := s.append([][]byte{recordNo(3), recordNo(30)}); !errors.Is(err, errSpoolFull) {
		t.Fatalf("got %v, want errSpoolFull", err)
	}
	if s.tail != before {
		t.Fatal("a part of what did not fit was kept")
	}
	wantRecords(t, s, 0, 3)
}

func TestSpoolOnAFullDisk(t *testing.T) {
	s := openTestSpool(t, filepath.Join(t.TempDir(), "spool"), 1<<20)
	appendRecords(t, s, 0, 3)
	restore := fulldisk.Limit(t, uint64(s.tail)+20)
	if err := s.append([][]byte{recordNo(3), recordNo(4)}); err == nil {
		t.Fatal("a write beyond the disk succeeded")
	}
	restore()
	s = reopen(t, s)
	appendRecords(t, s, 3, 5)
	wantRecords(t, s, 0, 5)
}

// TestSpoolBeginsOnAFullDisk: no tracker waits for the room of a spool that is not needed
// yet. It is there with the room, and a start before that finds no damage.
func TestSpoolBeginsOnAFullDisk(t *testing.T) {
	for _, size := range []uint64{0, spoolHead} { // room for nothing, and for the head alone
		name := filepath.Join(t.TempDir(), "spool")
		restore := fulldisk.Limit(t, size)
		for range 2 {
			s := openTestSpool(t, name, 1<<20)
			if err := s.append([][]byte{recordNo(0)}); err == nil {
				t.Fatal("a write beyond the disk succeeded")
			}
			if !s.empty() || s.size() != 0 {
				t.Fatalf("%d bytes wait of what was not written", s.size())
			}
			if err := s.f.Close(); err != nil { // as by a kill
				t.Fatal(err)
			}
		}
		s := openTestSpool(t, name, 1<<20)
		restore()
		appendRecords(t, s, 0, 2)
		wantRecords(t, reopen(t, s), 0, 2)
	}
}

// TestSpoolWithoutItsHead is what a power cut leaves where the length was on disk first.
func TestSpoolWithoutItsHead(t *testing.T) {
	name := filepath.Join(t.TempDir(), "spool")
	if err := os.WriteFile(name, make([]byte, spoolHead), 0o600); err != nil {
		t.Fatal(err)
	}
	s := openTestSpool(t, name, 1<<20)
	appendRecords(t, s, 0, 2)
	wantRecords(t, reopen(t, s), 0, 2)
}

// TestSpoolNamesWhatIsNotItsOwn, with what to do, and changes nothing of it.
func TestSpoolNamesWhatIsNotItsOwn(t *testing.T) {
	for what, data := range map[string]string{
		"other text":             "somebody's notes, which must not be lost to a wrong flag",
		"short text":             "notes",
		"of a later version":     "waypost-spool-2\n" + strings.Repeat("\x00", 100),
		"a damaged head":         "waypost-sp\x00\x00l-1\n" + strings.Repeat("\x00", 100),
		"zeros beyond a head":    strings.Repeat("\x00", spoolHead+1),
		"a head that is cut off": "waypost-spool-1\r",
	} {
		name := filepath.Join(t.TempDir(), "spool")
		if err := os.WriteFile(name, []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
		w := newWriter(WriterOptions{Spool: name}.withDefaults())
		err := w.start(nil)
		want := "open the spool: recover " + name + ": it is not a spool: name another file, or move this one away; entries of a damaged spool that the journal has not taken are then lost"
		if err == nil || err.Error() != want {
			t.Errorf("%s: %v\nwant %s", what, err, want)
		}
		if after, err := os.ReadFile(name); err != nil || string(after) != data {
			t.Errorf("%s has become %q, %v", what, after, err)
		}
	}
}

// TestSpoolNamesItsDamage: what was set aside, how much of it, and where.
func TestSpoolNamesItsDamage(t *testing.T) {
	name := filepath.Join(t.TempDir(), "spool")
	s := openTestSpool(t, name, 1<<20)
	appendRecords(t, s, 0, 2)
	if err := s.close(); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString("garbage"); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	var lines []string
	log := funcr.New(func(_, line string) { lines = append(lines, line) }, funcr.Options{})
	s, err = openSpool(name, 1<<20, log)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.f.Close() })
	want := `"msg"="the end of the spool is damaged and was set aside" "error"=null "bytes"=7 "file"="` + name + `.damaged"`
	if len(lines) != 1 || !strings.Contains(lines[0], want) {
		t.Errorf("logged %q, want %s", lines, want)
	}
	wantRecords(t, s, 0, 2)
}

func TestSpoolRefusesWhatIsNotItsOwn(t *testing.T) {
	name := filepath.Join(t.TempDir(), "spool")
	s := openTestSpool(t, name, 1<<20)
	if _, err := openSpool(name, 1<<20, logr.Discard()); err == nil {
		t.Fatal("two processes opened one spool")
	}
	if err := s.close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte("somebody's notes, which must not be lost to a wrong flag"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := openSpool(name, 1<<20, logr.Discard()); err == nil {
		t.Fatal("another file was taken for a spool")
	}
}

func FuzzSpoolRecover(f *testing.F) {
	name := filepath.Join(f.TempDir(), "spool")
	s, err := openSpool(name, 1<<20, logr.Discard())
	if err != nil {
		f.Fatal(err)
	}
	if err := errors.Join(s.append([][]byte{recordNo(1), recordNo(2)}), s.close()); err != nil {
		f.Fatal(err)
	}
	data, err := os.ReadFile(name)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add(data[:len(data)-4])
	f.Fuzz(func(t *testing.T, data []byte) {
		name := filepath.Join(t.TempDir(), "spool")
		if err := os.WriteFile(name, data, 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := openSpool(name, 1<<20, logr.Discard())
		if err != nil {
			return
		}
		defer func() { _ = s.close() }()
		if err := s.append([][]byte{[]byte("last")}); err != nil {
			return
		}
		var last []byte
		for !s.empty() {
			if last, err = s.first(); err != nil {
				t.Fatalf("a record that was recovered cannot be read: %v", err)
			}
			if err := s.forward(); err != nil {
				t.Fatal(err)
			}
		}
		if string(last) != "last" {
			t.Fatalf("the last record is %q", last)
		}
	})
}
