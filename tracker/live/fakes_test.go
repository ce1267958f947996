package live

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"sync"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/go-logr/logr/testr"

	"github.com/waypost/waypost/api/snapshot"
)

// testKey returns the nth signing key of the tests.
func testKey(n byte) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(bytes.Repeat([]byte{n}, ed25519.SeedSize))
}

func publicKey(n byte) ed25519.PublicKey { return testKey(n).Public().(ed25519.PublicKey) }

// update returns a revision of the records, signed with the first key.
func update(t testing.TB, revision int64, records ...*snapshot.Record) Update {
	t.Helper()
	m, data := encoded(t, records)
	m.Revision = revision
	if err := m.Sign(testKey(1)); err != nil {
		t.Fatal(err)
	}
	return Update{Manifest: m, Fetch: data.fetch, Origin: FromKubernetes}
}

// titled returns records whose network has the title, so that tests can tell
// what is served.
func titled(title string, more ...*snapshot.Record) []*snapshot.Record {
	r := networkRecord("default", 1)
	r.NetworkBody.Title = title
	return append([]*snapshot.Record{r}, more...)
}

// title returns the title that is served, "" for none.
func title(x *Index) string {
	n := x.NetworkByName("default")
	if n == nil {
		return ""
	}
	return n.Body.Title
}

// quiet keeps log lines of a passing test from the output, but has the code that makes them run.
func quiet(t testing.TB) logr.Logger {
	return testr.NewWithInterface(discard{t}, testr.Options{Verbosity: 1})
}

type discard struct{ testing.TB }

func (discard) Log(...any)          {}
func (discard) Logf(string, ...any) {}

// sourceFunc is a source made of its Run.
type sourceFunc func(ctx context.Context, sink Sink) error

func (f sourceFunc) Run(ctx context.Context, sink Sink) error { return f(ctx, sink) }

// start runs the holder on the source until the test ends.
func start(t testing.TB, h *Holder, source Source) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(endless)
	done := make(chan error, 1)
	go func() { done <- h.Run(ctx, source) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("run: %v", err)
		}
	})
	t.Cleanup(stop)
	return stop
}

// eventually waits for a condition of another goroutine.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("not within 30 s: %s", what)
		}
		time.Sleep(time.Millisecond)
	}
}
