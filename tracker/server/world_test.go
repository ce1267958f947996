package server_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/valyala/fasthttp"

	"github.com/waypost/waypost/api/seal"
	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/tracker/clickid"
	"github.com/waypost/waypost/tracker/journal"
	"github.com/waypost/waypost/tracker/live"
	"github.com/waypost/waypost/tracker/server"
	"github.com/waypost/waypost/tracker/server/address"
)

// world is a server with a fixed configuration, a recording journal and a port.
type world struct {
	ring     *seal.Keyring
	minter   *clickid.Minter
	index    *live.Index
	journal  *recorder
	closed   sync.Map // journal.CapKey: the caps that are closed
	registry *prometheus.Registry
	server   *server.Server
	options  server.Options // of a second server like it
	listener *origins
}

// newWorld starts a server; change may alter its options before. It is stopped
// when the test ends.
func newWorld(t testing.TB, change func(*server.Options)) *world {
	t.Helper()
	ring, err := seal.New(now.Add(-time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	w := &world{
		ring: ring, journal: &recorder{t: t}, index: index(t, ring),
		registry: prometheus.NewRegistry(), listener: newPort(t),
	}
	w.minter = minter(t, ring)
	proxies, err := address.ParseProxies([]string{"10.0.0.0/8"})
	if err != nil {
		t.Fatal(err)
	}
	o := server.Options{
		Snapshots: w, Journal: w.journal, Caps: w, Keys: ring, Proxies: proxies, Metrics: w.registry,
		Now: func() time.Time { return now },
	}
	if change != nil {
		change(&o)
	}
	if w.server, err = server.New(o); err != nil {
		t.Fatal(err)
	}
	w.options = o
	w.options.Metrics = nil
	serve(t, w.server, w.listener)
	return w
}

func minter(t testing.TB, ring *seal.Keyring) *clickid.Minter {
	t.Helper()
	m, err := clickid.NewMinter(ring)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func (w *world) Current() *live.Index { return w.index }

func (w *world) Closed(key journal.CapKey, at time.Time) bool {
	key.Metric, key.Window, key.Limit = 0, 0, 0 // the examples name caps alone
	_, closed := w.closed.Load(key)
	return closed && at.Equal(now)
}

// serve serves until the test ends.
func serve(t testing.TB, s *server.Server, l net.Listener) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, l) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("serving: %v", err)
		}
	})
}

// send sends raw bytes from an address and reads one answer. The connection is closed.
func (w *world) send(t testing.TB, from, raw string) *http.Response {
	t.Helper()
	conn, err := w.listener.DialWithLocalAddr(&net.TCPAddr{IP: net.ParseIP(from), Port: 40000})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if _, err := conn.Write([]byte(raw)); err != nil {
		t.Fatal(err)
	}
	method, _, _ := strings.Cut(raw, " ")
	res, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: method})
	if err != nil {
		t.Fatalf("the answer to %.100q: %v", raw, err)
	}
	return res
}

// get sends a GET request of a visitor to the example network.
func (w *world) get(t testing.TB, path string, headers ...string) *http.Response {
	t.Helper()
	lines := append([]string{"GET " + path + " HTTP/1.1", "Host: go.example.net"}, headers...)
	return w.send(t, "198.51.100.7", strings.Join(lines, "\r\n")+"\r\n\r\n")
}

// clickID makes a click id as the server would.
func (w *world) clickID(network, offer, partner string) string {
	return string(w.minter.AppendClick(nil, now.Add(-time.Minute), snapshot.OfferHash(network, offer), snapshot.PartnerHash(network, partner)))
}

func (w *world) impressionID(network, offer, partner string) string {
	return string(w.minter.AppendImpression(nil, now.Add(-time.Minute), snapshot.OfferHash(network, offer), snapshot.PartnerHash(network, partner)))
}

// recorder is a journal that keeps what it gets, as a reader would get it.
type recorder struct {
	t       testing.TB
	mu      sync.Mutex
	entries []journal.Entry
	verdict journal.Verdict
	err     error
}

func (r *recorder) Click(c *journal.Click)           { r.add(journal.Entry{Click: c}) }
func (r *recorder) Impression(i *journal.Impression) { r.add(journal.Entry{Impression: i}) }

func (r *recorder) Postback(ctx context.Context, p *journal.Postback) (journal.Verdict, error) {
	if ctx.Err() != nil {
		return journal.Verdict{}, errors.New("the context of postbacks has ended")
	}
	r.add(journal.Entry{Postback: p})
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.verdict, r.err
}

// add encodes and decodes, so that nothing kept points into a request.
func (r *recorder) add(e journal.Entry) {
	data, err := journal.EncodeBatch(journal.Header{Writer: "test", BootID: journal.NewBootID(), Sequence: 1}, []journal.Entry{e})
	if err != nil {
		r.t.Errorf("encoding %+v: %v", e, err)
		return
	}
	batch, err := journal.DecodeBatch(data)
	if err != nil {
		r.t.Errorf("decoding %+v: %v", e, err)
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.entries = append(r.entries, batch.Entries...)
}

// take returns and forgets what came so far.
func (r *recorder) take() []journal.Entry {
	r.mu.Lock()
	defer r.mu.Unlock()
	entries := r.entries
	r.entries = nil
	return entries
}

func (r *recorder) answer(v journal.Verdict, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.verdict, r.err = v, err
}

// one returns the only entry that came.
func (r *recorder) one() journal.Entry {
	r.t.Helper()
	entries := r.take()
	if len(entries) != 1 {
		r.t.Fatalf("%d entries in the journal, want 1", len(entries))
	}
	return entries[0]
}

// newContext makes a request for the handler itself, as fasthttp would have read it.
func newContext(t testing.TB, uri string, headers ...string) *fasthttp.RequestCtx {
	t.Helper()
	raw := "GET " + uri + " HTTP/1.1\r\nHost: go.example.net\r\n"
	for i := 0; i+1 < len(headers); i += 2 {
		raw += headers[i] + ": " + headers[i+1] + "\r\n"
	}
	ctx := new(fasthttp.RequestCtx)
	ctx.Init2(peer{}, nil, false)
	if err := ctx.Request.Read(bufio.NewReader(strings.NewReader(raw + "\r\n"))); err != nil {
		t.Fatal(err)
	}
	return ctx
}

// peer is a connection that is good for its address only.
type peer struct{ net.Conn }

var peerAddress = &net.TCPAddr{IP: net.IPv4(198, 51, 100, 7), Port: 40000}

func (peer) RemoteAddr() net.Addr { return peerAddress }

func fail(format string, args ...any) error { return fmt.Errorf(format, args...) }
