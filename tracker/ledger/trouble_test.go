package ledger

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/waypost/waypost/hack/fulldisk"
	"github.com/waypost/waypost/tracker/ledger/store/storetest"
)

// TestReadyOnAFullDisk: a ledger that cannot write its tables is not ready, and names what
// to do. It goes on when there is room.
func TestReadyOnAFullDisk(t *testing.T) {
	s := newSite(t, storetest.SQLite(t))
	s.open("")
	s.post(2)
	if ok, problem := s.office.ledger.Ready(); !ok {
		t.Fatal(problem)
	}
	restore := fulldisk.Limit(t, 8<<10) // less than a page of the log, and more than the journal needs
	if _, err := s.writer.Postback(t.Context(), postEntry(s.next, 0, 500).Postback); err != nil {
		t.Fatal(err)
	}
	s.next++
	s.awaitReady("the books stand still, folding the journal fails: ", "give it room", "Nothing is lost")
	restore()
	s.awaitReady()
	s.post(1)
	if n := countOf(t, s.postbacks()); n != 4 {
		t.Errorf("%d postbacks in the books, want 4", n)
	}
}

// awaitReady returns when the ledger is not ready for reasons that hold these texts, or
// ready for none.
func (s *site) awaitReady(texts ...string) {
	s.t.Helper()
	problem := ""
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		var ok bool
		ok, problem = s.office.ledger.Ready()
		holds := ok == (len(texts) == 0)
		for _, text := range texts {
			holds = holds && strings.Contains(problem, text)
		}
		if holds {
			return
		}
	}
	s.t.Fatalf("the ledger is not ready for %q, want %q", problem, texts)
}

// TestTroubleLasts: a failure now and then is none.
func TestTroubleLasts(t *testing.T) {
	failed := errors.New("no room")
	for name, test := range map[string]struct {
		happens func(x *trouble)
		want    string
	}{
		"none":             {func(*trouble) {}, ""},
		"one":              {func(x *trouble) { x.failed(foldingJournal, failed) }, ""},
		"many":             {func(x *trouble) { fail(x, foldingJournal, lasting) }, "folding the journal fails: no room"},
		"now and then":     {func(x *trouble) { fail(x, foldingJournal, lasting-1); x.over(""); fail(x, foldingJournal, lasting-1) }, ""},
		"over":             {func(x *trouble) { fail(x, foldingJournal, lasting); x.over("") }, ""},
		"read, unwritten":  {func(x *trouble) { fail(x, foldingJournal, lasting); x.over(readingTables) }, "folding the journal fails"},
		"read again":       {func(x *trouble) { fail(x, readingTables, lasting); x.over(readingTables) }, ""},
		"one of each kind": {func(x *trouble) { fail(x, foldingJournal, lasting-1); fail(x, readingTables, 1) }, "reading the tables fails"},
	} {
		var x trouble
		test.happens(&x)
		if ok, problem := x.ready(); ok != (test.want == "") || !strings.Contains(problem, test.want) {
			t.Errorf("%s: %v %q, want %q", name, ok, problem, test.want)
		}
	}
}

func fail(x *trouble, doing string, times int) {
	for range times {
		x.failed(doing, errors.New("no room"))
	}
}
