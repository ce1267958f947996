package journal

import (
	"strings"
	"sync"
	"testing"

	"github.com/go-logr/logr/funcr"
	"github.com/nats-io/nats.go"
)

func TestEmbeddedKeepsTheJournalAcrossRestarts(t *testing.T) {
	dir := t.TempDir()
	for life := range 3 {
		e, err := StartEmbedded(dir, EmbeddedOptions{})
		if err != nil {
			t.Fatal(err)
		}
		c, err := e.Connect(ConnectOptions{})
		if err != nil {
			t.Fatal(err)
		}
		w := newTestWriter(t, c, WriterOptions{})
		writeClicks(t, w, life*3, life*3+3)
		r := newTestReader(t, c, 0, ReaderOptions{})
		wantClicks(t, entriesOf(readEntries(t, r, life*3+3)), 0, life*3+3)
		r.Close()
		if err := w.Close(testContext(t)); err != nil {
			t.Fatal(err)
		}
		c.Close()
		e.Close()
	}
}

func TestEmbeddedTakesItsDirectoryAlone(t *testing.T) {
	dir := t.TempDir()
	e, err := StartEmbedded(dir, EmbeddedOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := StartEmbedded(dir, EmbeddedOptions{}); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Fatalf("got %v, want that the directory is in use", err)
	}
	e.Close()
	e, err = StartEmbedded(dir, EmbeddedOptions{})
	if err != nil {
		t.Fatal(err)
	}
	e.Close()
}

func TestEmbeddedListensOnlyWhenAsked(t *testing.T) {
	e, _ := startEmbedded(t, t.TempDir(), EmbeddedOptions{})
	if url := e.URL(); url != "" {
		t.Fatalf("it listens on %s", url)
	}
	e, c := startEmbedded(t, t.TempDir(), EmbeddedOptions{Listen: "127.0.0.1:0"})
	writeClicks(t, newTestWriter(t, c, WriterOptions{}), 0, 1)
	nc, err := nats.Connect(e.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	other := connectTest(t, e.URL(), ConnectOptions{})
	if end, err := other.EndPosition(testContext(t)); err != nil || end != 1 {
		t.Fatalf("over the port the journal ends at %d, %v", end, err)
	}
	for _, listen := range []string{"nonsense", "127.0.0.1:none", "127.0.0.1:70000"} {
		if _, err := StartEmbedded(t.TempDir(), EmbeddedOptions{Listen: listen}); err == nil {
			t.Errorf("listen address %q was accepted", listen)
		}
	}
}

func TestEmbeddedIsQuiet(t *testing.T) {
	var mu sync.Mutex
	var lines []string
	log := funcr.New(func(_, line string) {
		mu.Lock()
		defer mu.Unlock()
		lines = append(lines, line)
	}, funcr.Options{})
	e, err := StartEmbedded(t.TempDir(), EmbeddedOptions{Log: log})
	if err != nil {
		t.Fatal(err)
	}
	c, err := e.Connect(ConnectOptions{Log: log})
	if err != nil {
		t.Fatal(err)
	}
	w := newTestWriter(t, c, WriterOptions{Log: log})
	writeClicks(t, w, 0, 3)
	if err := w.Close(testContext(t)); err != nil {
		t.Fatal(err)
	}
	c.Close()
	e.Close()
	mu.Lock()
	defer mu.Unlock()
	if len(lines) > 0 {
		t.Fatalf("a journal without trouble logs:\n%s", strings.Join(lines, "\n"))
	}
}

func TestConnectRefusesAWrongURL(t *testing.T) {
	if c, err := Connect("nats://bad host:%zz", ConnectOptions{}); err == nil {
		c.Close()
		t.Fatal("a wrong url was accepted")
	}
}

func TestVerdictsOfALargeBatchComeInSeveralMessages(t *testing.T) {
	_, c := startEmbedded(t, t.TempDir(), EmbeddedOptions{})
	sub, err := c.nc.SubscribeSync("waypost.verdicts.test")
	if err != nil {
		t.Fatal(err)
	}
	v := Verdicts{Sequence: 3, Items: make([]VerdictItem, 2500)}
	for i := range v.Items {
		v.Items[i].Entry = i
	}
	if err := c.PublishVerdicts("waypost.verdicts.test", v); err != nil {
		t.Fatal(err)
	}
	for seen := 0; seen < len(v.Items); {
		m, err := sub.NextMsgWithContext(testContext(t))
		if err != nil {
			t.Fatal(err)
		}
		got, err := decodeVerdicts(m.Data)
		if err != nil || got.Sequence != 3 || len(got.Items) > 1000 || got.Items[0].Entry != seen {
			t.Fatalf("got %d items from %d, %v", len(got.Items), got.Items[0].Entry, err)
		}
		seen += len(got.Items)
	}
}
