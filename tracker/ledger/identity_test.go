package ledger

import (
	"context"
	"encoding/binary"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/go-logr/logr/funcr"

	"github.com/waypost/waypost/tracker/journal"
	"github.com/waypost/waypost/tracker/ledger/store"
	"github.com/waypost/waypost/tracker/ledger/store/storetest"
)

var _ Journal = (*journal.Conn)(nil)

func TestMismatch(t *testing.T) {
	books := store.Progress{Position: 10, Digest: 7, Journal: "a"}
	old := store.Progress{Position: 10}
	for name, test := range map[string]struct {
		p      store.Progress
		s      journal.State
		folded uint64
		want   string
	}{
		"the same":                         {books, journal.State{ID: "a", First: 1, Last: 12, Digest: 7}, 0, ""},
		"trimmed up to the books":          {books, journal.State{ID: "a", First: 11, Last: 10}, 0, ""},
		"a hole where the books end":       {books, journal.State{ID: "a", First: 1, Last: 12}, 0, ""},
		"a copy from before it had an id":  {books, journal.State{First: 1, Last: 12, Digest: 7}, 0, ""},
		"empty books":                      {store.Progress{}, journal.State{ID: "a", First: 5, Last: 12}, 0, ""},
		"books and journal of before":      {old, journal.State{First: 1, Last: 12, Digest: 9, Sequence: 3}, 3, ""},
		"an earlier ledger went on":        {store.Progress{Position: 10, Journal: "a"}, journal.State{ID: "a", First: 1, Last: 12, Digest: 9, Sequence: 3}, 4, ""},
		"shorter":                          {books, journal.State{ID: "a", First: 1, Last: 9}, 0, "ends at position 9"},
		"new":                              {books, journal.State{First: 1}, 0, "ends at position 0"},
		"shorter and written to":           {books, journal.State{ID: "a", First: 1, Last: 12, Digest: 8}, 0, "another batch at position 10"},
		"a hole where new books end":       {books, journal.State{First: 1, Last: 12}, 0, "another batch at position 10"},
		"another's":                        {books, journal.State{ID: "b", First: 1, Last: 12, Digest: 7}, 0, "has the id b"},
		"another's, books without entries": {store.Progress{Journal: "a"}, journal.State{ID: "b"}, 0, "has the id b"},
		"older books, trimmed":             {books, journal.State{ID: "a", First: 15, Last: 20}, 0, "the 4 batches between"},
		"an end that was never folded":     {store.Progress{}, journal.State{ID: "a", First: 1, Last: 9, Answered: 10}, 0, "up to 10 were answered for"},
		"the same, trimmed to nothing":     {store.Progress{}, journal.State{ID: "a", First: 11, Last: 10, Answered: 10}, 0, ""},
		"that, and written to":             {store.Progress{}, journal.State{ID: "a", First: 1, Last: 12, Answered: 10, Replaced: true}, 0, "at position 10 than the one that was answered for"},
		"older, of before":                 {old, journal.State{First: 1, Last: 12, Digest: 9, Sequence: 5}, 3, "another batch"},
	} {
		m := mismatch(test.p, test.s, test.folded)
		if (m == nil) != (test.want == "") || m != nil && (!strings.Contains(m.Error(), test.want) || len(m.Code) != 8) {
			t.Errorf("%s: %v, want %q", name, m, test.want)
		}
	}
}

// site is an installation of a journal in a directory, with a ledger's tables.
type site struct {
	t      *testing.T
	dir    string
	target string
	spool  string // of the tracker, "" for none
	server *journal.Embedded
	conn   *journal.Conn
	writer *journal.Writer
	office *office
	next   int
	done   chan error
	stop   context.CancelFunc
	// keys are fingerprints of sealing keys, nil to compare none.
	keys    []string
	newKeys string
	log     logr.Logger // of the ledger, zero for the test's
}

func newSite(t *testing.T, target string) *site {
	s := &site{t: t, dir: filepath.Join(t.TempDir(), "journal"), target: target}
	t.Cleanup(s.close)
	return s
}

// open starts the journal and the ledger, which accepts the mismatch code.
func (s *site) open(code string) {
	s.t.Helper()
	var err error
	if s.server, err = journal.StartEmbedded(s.dir, journal.EmbeddedOptions{}); err != nil {
		s.t.Fatal(err)
	}
	if s.conn, err = s.server.Connect(journal.ConnectOptions{Log: testLog(s.t)}); err != nil {
		s.t.Fatal(err)
	}
	s.office = newOffice(s.t, s.target, newTape(), func(o *Options) {
		o.Open = func(after, digest uint64) Reader {
			return journal.NewReader(s.conn, after, journal.ReaderOptions{Digest: digest, Patience: time.Millisecond})
		}
		o.Publish, o.Trim, o.Journal, o.OwnJournal, o.Accept = s.conn, s.conn, s.conn, true, code
		o.NewKeys = s.newKeys
		if s.log.GetSink() != nil {
			o.Log = s.log
		}
	})
	if s.keys != nil {
		s.office.ledger.SetKeys(s.keys)
	}
	if _, err := s.office.ledger.CheckJournal(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
	if s.writer, err = journal.NewWriter(s.conn, journal.WriterOptions{Name: "tracker", Spool: s.spool, VerdictWait: time.Nanosecond, DurableWait: 20 * time.Second}); err != nil {
		s.t.Fatal(err)
	}
	ctx, stop := context.WithCancel(s.t.Context())
	s.done, s.stop = make(chan error, 1), stop
	go func() { s.done <- s.office.ledger.Run(ctx) }()
}

func (s *site) close() {
	if s.server == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	_ = s.writer.Close(ctx)
	s.stop()
	<-s.done
	s.conn.Close()
	s.server.Close()
	s.office.close()
	s.server = nil
}

// post sends n postbacks, each with a click of its own, and awaits them in the books.
func (s *site) post(n int) {
	s.t.Helper()
	for range n {
		s.next++
		if _, err := s.writer.Postback(s.t.Context(), postEntry(s.next, 0, 500).Postback); err != nil {
			s.t.Fatal(err)
		}
	}
	end, err := s.conn.EndPosition(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	s.office.await(s.t.Context(), end)
}

func (s *site) postbacks() string {
	return rowsOf(s.t, s.office.store.Reader(), "SELECT count(*) AS n FROM postbacks")[0]
}

// wantRefused: the ledger does not go on, and no postback is taken; the code is returned.
func (s *site) wantRefused(problem string) (code string) {
	s.t.Helper()
	ok, text := s.office.ledger.Ready()
	if ok || !strings.Contains(text, problem) {
		s.t.Fatalf("ready %t, %q; want %q", ok, text, problem)
	}
	s.next++
	if _, err := s.writer.Postback(s.t.Context(), postEntry(s.next, 0, 500).Postback); !errors.Is(err, journal.ErrNotDurable) {
		s.t.Fatalf("a postback was taken: %v", err)
	}
	select {
	case err := <-s.done:
		s.t.Fatalf("the ledger ended: %v", err)
	default:
	}
	return text[strings.LastIndexByte(text, ' ')+1:]
}

// block is the one block file of the journal.
func (s *site) block() string {
	s.t.Helper()
	files, err := filepath.Glob(filepath.Join(s.dir, "jetstream/*/streams/"+journal.StreamName+"/msgs/*.blk"))
	if err != nil || len(files) != 1 {
		s.t.Fatalf("block files %v, %v", files, err)
	}
	return files[0]
}

func (s *site) loseIndex() {
	_ = os.Remove(filepath.Join(filepath.Dir(s.block()), "index.db"))
}

func copyTree(t *testing.T, from string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "copy")
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	return to
}

func replaceTree(t *testing.T, dir, by string) {
	t.Helper()
	if err := errors.Join(os.RemoveAll(dir), os.CopyFS(dir, os.DirFS(by))); err != nil && !errors.Is(err, fs.ErrExist) {
		t.Fatal(err)
	}
}

// TestDamagedJournalIsNotContinued: whatever happened to the journal under the books,
// nothing goes on before it was accepted, and then nothing that it takes is missed.
func TestDamagedJournalIsNotContinued(t *testing.T) {
	for name, test := range map[string]struct {
		damage  func(s *site, older string)
		problem string
	}{
		"end cut off": {func(s *site, _ string) {
			info, err := os.Stat(s.block())
			if err != nil {
				s.t.Fatal(err)
			}
			s.loseIndex()
			if err := os.Truncate(s.block(), info.Size()*2/3); err != nil {
				s.t.Fatal(err)
			}
		}, "it ends at position"},
		"gone":       {func(s *site, _ string) { _ = os.RemoveAll(s.dir) }, "it ends at position 0"},
		"older copy": {func(s *site, older string) { replaceTree(s.t, s.dir, older) }, "it ends at position"},
		"flipped bytes": {func(s *site, _ string) {
			data, err := os.ReadFile(s.block())
			if err != nil {
				s.t.Fatal(err)
			}
			at := data[len(data)/2:]
			binary.LittleEndian.PutUint64(at, ^binary.LittleEndian.Uint64(at))
			s.loseIndex()
			if err := os.WriteFile(s.block(), data, 0o600); err != nil {
				s.t.Fatal(err)
			}
		}, "it ends at position"},
		"another's": {func(s *site, _ string) {
			other := newSite(s.t, storetest.SQLite(s.t))
			other.open("")
			other.post(20)
			other.close()
			replaceTree(s.t, s.dir, other.dir)
		}, "it has the id"},
	} {
		t.Run(name, func(t *testing.T) {
			storetest.Each(t, func(t *testing.T, target string) {
				s := newSite(t, target)
				s.open("")
				s.post(5)
				s.close()
				older := copyTree(t, s.dir)
				s.open("")
				s.post(10)
				before := s.postbacks()
				s.close()
				whole := copyTree(t, s.dir)
				test.damage(s, older)

				s.open("")
				s.wantRefused(test.problem)
				s.close()
				s.open("") // a restart changes nothing
				code := s.wantRefused(test.problem)
				s.close()
				damaged := copyTree(t, s.dir)
				if name != "another's" {
					replaceTree(t, s.dir, whole) // the journal that belongs to the books
					s.open("")
					if ok, problem := s.office.ledger.Ready(); !ok || s.postbacks() != before {
						t.Fatalf("after it was restored: %s, %s", s.postbacks(), problem)
					}
					s.close()
					replaceTree(t, s.dir, damaged)
				}
				s.open(code)
				s.post(7)
				wantMore(t, before, s.postbacks(), 7, name == "another's")
				s.close()
				s.open(code) // given again it changes nothing
				s.post(1)
				wantMore(t, before, s.postbacks(), 8, name == "another's")
			})
		})
	}
}

// wantMore compares counts of postbacks; another's journal has some of its own.
func wantMore(t *testing.T, before, after string, more int, atLeast bool) {
	t.Helper()
	a, b := countOf(t, before), countOf(t, after)
	if b != a+more && (!atLeast || b < a+more) {
		t.Errorf("%d postbacks in the books, there were %d and %d came", b, a, more)
	}
}

func countOf(t *testing.T, row string) (n int) {
	t.Helper()
	for _, c := range strings.TrimPrefix(strings.TrimSpace(row), "n=") {
		n = 10*n + int(c-'0')
	}
	return n
}

// TestOlderJournalUnderANewerLedger: the copy was written to before the ledger looks,
// so that it is as long as the books.
func TestOlderJournalUnderANewerLedger(t *testing.T) {
	s := newSite(t, storetest.SQLite(t))
	s.open("")
	s.post(5)
	s.close()
	older := copyTree(t, s.dir)
	s.open("")
	s.post(3)
	books := s.target
	s.close()
	replaceTree(t, s.dir, older)
	s.target = storetest.SQLite(t) // a ledger that does not know better, beside another journal's end
	if err := os.Remove(s.dir + ".end"); err != nil {
		t.Fatal(err)
	}
	s.open("")
	s.post(9)
	s.close()
	s.target = books
	s.open("")
	code := s.wantRefused("another batch at position")
	s.close()
	s.open(code)
	end, err := s.conn.EndPosition(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s.office.await(t.Context(), end)
	wantMore(t, "n=8 ", s.postbacks(), 9, false)
}

// TestLostEndThatWasNeverFolded: no table knows what was lost, the file beside the
// journal does.
func TestLostEndThatWasNeverFolded(t *testing.T) {
	for name, keepBooks := range map[string]bool{"books kept": true, "books lost": false} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, storetest.SQLite(t))
			s.open("")
			s.post(5)
			s.close()
			older := copyTree(t, s.dir)
			s.alone(func(w *journal.Writer) {
				for n := range 3 {
					if err := w.Append(t.Context(), postEntry(100+n, 0, 500)); err != nil {
						t.Fatal(err)
					}
				}
			})
			replaceTree(t, s.dir, older)
			if !keepBooks {
				s.target = storetest.SQLite(t)
			}
			s.open("")
			code := s.wantRefused("were answered for")
			s.close()
			s.open(code)
			s.post(2)
			wantMore(t, "n=5 ", s.postbacks(), 2, false)
			s.close()
			s.open("")
			s.post(1)
		})
	}
}

// TestClicksOfAHeldJournal wait in the spool, and convert with their data when the loss
// is accepted.
func TestClicksOfAHeldJournal(t *testing.T) {
	s := newSite(t, storetest.SQLite(t))
	s.spool = filepath.Join(t.TempDir(), "spool")
	s.open("")
	s.post(3)
	s.close()
	replaceTree(t, s.dir, t.TempDir())
	s.open("")
	code := s.wantRefused("it ends at position 0")
	s.writer.Click(clickEntry(500, 0).Click)
	s.close()
	s.open(code)
	if _, err := s.writer.Postback(t.Context(), postEntry(500, 0, 5).Postback); err != nil {
		t.Fatal(err)
	}
	s.post(1)
	const query = "SELECT count(*) AS n FROM conversions WHERE click_id = ? AND click_missing = 0 AND status = 1"
	if got := rowsOf(t, s.office.store.Reader(), query, clickToken(500, 0))[0]; got != "n=1 " {
		t.Errorf("conversions of the click that waited, with its data: %s", got)
	}
}

// alone writes while no ledger runs.
func (s *site) alone(write func(*journal.Writer)) {
	s.t.Helper()
	server, err := journal.StartEmbedded(s.dir, journal.EmbeddedOptions{})
	if err != nil {
		s.t.Fatal(err)
	}
	defer server.Close()
	conn, err := server.Connect(journal.ConnectOptions{})
	if err != nil {
		s.t.Fatal(err)
	}
	defer conn.Close()
	w, err := journal.NewWriter(conn, journal.WriterOptions{Name: "tracker", VerdictWait: time.Nanosecond})
	if err != nil {
		s.t.Fatal(err)
	}
	write(w)
	if err := w.Close(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
}

// TestMissingBatchesAreNamed: a writer's sequence that leaves one out.
func TestMissingBatchesAreNamed(t *testing.T) {
	mem := &memory{begun: true, boots: map[journal.BootID]uint64{{1}: 4}}
	for _, test := range []struct {
		boot     byte
		sequence uint64
		begun    bool
		want     uint64
	}{{1, 5, true, 0}, {1, 8, true, 3}, {2, 1, true, 0}, {2, 3, true, 2}, {2, 3, false, 0}} {
		mem.begun = test.begun
		in := transaction{mem: mem, changes: newChanges(mem), o: &Options{Log: testLog(t)}}
		in.noteGap(&journal.Batch{Header: journal.Header{BootID: journal.BootID{test.boot}, Sequence: test.sequence}})
		if in.changes.gaps != test.want {
			t.Errorf("%+v: %d missing", test, in.changes.gaps)
		}
	}
}

// TestNewBooksBesideAnEmptiedJournal: nothing else knows of the entries that are lost.
func TestNewBooksBesideAnEmptiedJournal(t *testing.T) {
	s := newSite(t, storetest.SQLite(t))
	s.open("")
	s.post(3)
	s.close()
	blocks := filepath.Dir(s.block())
	for _, name := range []string{blocks, s.dir + ".end"} {
		if err := os.RemoveAll(name); err != nil {
			t.Fatal(err)
		}
	}
	s.target = storetest.SQLite(t)
	var named atomic.Int64
	s.log = funcr.New(func(_, args string) {
		if strings.Contains(args, "the books are new") {
			named.Add(1)
		}
	}, funcr.Options{})
	s.open("")
	s.post(1)
	if named.Load() != 1 {
		t.Errorf("named %d times", named.Load())
	}
}
