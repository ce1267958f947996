package journal

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/waypost/waypost/api/snapshot"
)

// TestFieldsHaveVersions: each field that an entry may hold stands in testdata/fields.txt
// with the version of the format that knows it. Whoever adds one decides there whether an
// older ledger may pass it over.
func TestFieldsHaveVersions(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("testdata", "fields.txt"))
	if err != nil {
		t.Fatal(err)
	}
	listed := map[string]bool{}
	for line := range strings.Lines(string(data)) {
		if field, _, ok := strings.Cut(strings.TrimSpace(line), ": "); ok {
			listed[field] = true
		}
	}
	found := map[string]bool{}
	for _, kind := range []any{Header{}, Entry{}, Click{}, Impression{}, Postback{}, Context{}, Terms{}, Moderation{}, Tick{}} {
		fieldsOf(reflect.TypeOf(kind), found)
	}
	for field := range found {
		if !listed[field] {
			t.Errorf("%s is not in testdata/fields.txt: add it with the version that knows it, and raise the version where money depends on it (format.go)", field)
		}
	}
	for field := range listed {
		if !found[field] {
			t.Errorf("%s is in testdata/fields.txt, and nowhere else: numbers are never reused", field)
		}
	}
}

// fieldsOf collects the fields of a type and of what it holds.
func fieldsOf(of reflect.Type, found map[string]bool) {
	switch of.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Map:
		fieldsOf(of.Elem(), found)
	case reflect.Struct:
		if strings.HasPrefix(of.PkgPath(), "github.com/waypost/") {
			structFields(of, found)
		}
	}
}

func structFields(of reflect.Type, found map[string]bool) {
	for i := range of.NumField() {
		f := of.Field(i)
		if f.Tag.Get("cbor") == "-" || !f.IsExported() {
			continue
		}
		name := of.Name() + "." + f.Name
		if found[name] {
			continue
		}
		found[name] = true
		fieldsOf(f.Type, found)
	}
}

// TestFormat: a batch has the version of the newest thing in it, also where the last entry
// went into the next batch.
func TestFormat(t *testing.T) {
	tick, old := Entry{Tick: &Tick{At: 1}}, Entry{Moderation: &Moderation{At: 1, Status: snapshot.StatusApproved}}
	decision := Entry{Moderation: &Moderation{At: 1, Status: snapshot.StatusApproved, From: snapshot.StatusPending}}
	for name, test := range map[string]struct {
		entries []Entry
		want    int
	}{
		"a tick":                     {[]Entry{tick}, 1},
		"a decision of before":       {[]Entry{old}, 1},
		"about a status":             {[]Entry{decision}, 2},
		"among others":               {[]Entry{tick, decision, tick}, 2},
		"a release":                  {[]Entry{{Moderation: &Moderation{Release: true}}}, 2},
		"an affirmation":             {[]Entry{{Moderation: &Moderation{Affirm: true}}}, 2},
		"no order id":                {[]Entry{{Postback: &Postback{OrderIDMissing: true}}}, 2},
		"a postback":                 {[]Entry{{Postback: &Postback{OrderID: "o"}}}, 1},
		"words for the partner only": {[]Entry{{Moderation: &Moderation{PartnerReason: "x"}}}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			b, err := DecodeBatch(encodeTest(t, test.entries...))
			if err != nil || b.Version != test.want || len(b.Entries) != len(test.entries) {
				t.Errorf("version %d of %d entries, %v; want %d", b.Version, len(b.Entries), err, test.want)
			}
		})
	}
	e := newEncoder()
	if err := e.begin(Header{Sequence: 1}); err != nil {
		t.Fatal(err)
	}
	m := e.mark()
	if err := e.entry(decision); err != nil {
		t.Fatal(err)
	}
	e.rollback(m)
	if err := e.entry(tick); err != nil {
		t.Fatal(err)
	}
	if b, err := DecodeBatch(e.buf); err != nil || b.Version != 1 {
		t.Errorf("version %d, %v after the decision was taken back", b.Version, err)
	}
}

// TestOldLedgersHoldBack: what a live ledger does not read is not written, and the error
// names it; everything else is, and once the ledger is gone or new, that too.
func TestOldLedgersHoldBack(t *testing.T) {
	_, c := startEmbedded(t, t.TempDir(), EmbeddedOptions{})
	ctx := testContext(t)
	if list, err := askLedgers(ctx, c.nc); err != nil || len(list) != 0 {
		t.Fatalf("nobody is there: %v, %v", list, err)
	}
	if err := Announce(c, "new", "2.0"); err != nil {
		t.Fatal(err)
	}
	old, err := c.nc.Subscribe(subjectLedgers, answerWith(`{"name":"old-0","program":"1.0","reads":1}`))
	if err != nil {
		t.Fatal(err)
	}
	w, err := NewWriter(c, WriterOptions{Name: "t"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.Close(context.WithoutCancel(ctx)) })
	decision := Entry{Moderation: &Moderation{At: 1, ConversionID: "x", Status: snapshot.StatusApproved, From: snapshot.StatusPending}}
	if err := w.Append(ctx, decision); !errors.Is(err, ErrLedgerTooOld) || !strings.Contains(fmt.Sprint(err), "old-0 (1.0, reads format 1 of 2)") {
		t.Errorf("beside an old ledger: %v", err)
	}
	if err := w.Append(ctx, Entry{Tick: &Tick{At: 1}}); err != nil {
		t.Errorf("a tick beside an old ledger: %v", err)
	}
	if err := old.Unsubscribe(); err != nil {
		t.Fatal(err)
	}
	if err := w.Append(ctx, decision); err != nil {
		t.Errorf("the old ledger is gone: %v", err)
	}
	r := newTestReader(t, c, 0, ReaderOptions{})
	for _, want := range []int{1, 2} {
		batches, err := r.Read(ctx, 1)
		if err != nil || batches[0].Version != want {
			t.Errorf("%v, %v; want a batch of version %d", batches, err, want)
		}
	}
}

// TestAnswersCountForAWhile: ledgers are asked again after some time, and at once after
// one was too old.
func TestAnswersCountForAWhile(t *testing.T) {
	now, asked, reads := time.Unix(100, 0), 0, 2
	r := &readers{now: func() time.Time { return now }, ask: func(context.Context) ([]ledgerFormat, error) {
		asked++
		return []ledgerFormat{{Name: "l", Reads: reads}}, nil
	}}
	for i, step := range []struct {
		after   time.Duration
		reads   int
		version int
		asked   int
		refused bool
	}{
		{0, 2, 1, 0, false}, {0, 2, 2, 1, false}, {askEvery - 1, 2, 2, 1, false}, {1, 1, 2, 2, true}, {0, 1, 2, 3, true}, {0, 2, 2, 4, false}, {1, 1, 2, 4, false},
	} {
		now, reads = now.Add(step.after), step.reads
		err := r.admit(t.Context(), step.version)
		if asked != step.asked || errors.Is(err, ErrLedgerTooOld) != step.refused {
			t.Errorf("step %d: asked %d times, %v", i, asked, err)
		}
	}
}

func answerWith(text string) nats.MsgHandler {
	return func(m *nats.Msg) { _ = m.Respond([]byte(text)) }
}
