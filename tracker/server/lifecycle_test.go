package server_test

import (
	"bufio"
	"context"
	"errors"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/waypost/waypost/api/seal"
	"github.com/waypost/waypost/tracker/clickid"
	"github.com/waypost/waypost/tracker/journal"
	"github.com/waypost/waypost/tracker/live"
	"github.com/waypost/waypost/tracker/port"
	"github.com/waypost/waypost/tracker/server"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(
		m,
		// fasthttp keeps one goroutine for the Date header for good, and one that
		// sleeps up to ten seconds after its server has been stopped.
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.updateServerDate.func1"),
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.(*workerPool).Start.func2"),
	)
}

// slowJournal holds postbacks until it is told to go on.
type slowJournal struct {
	*recorder
	came, release chan struct{}
}

func (j *slowJournal) Postback(ctx context.Context, p *journal.Postback) (journal.Verdict, error) {
	close(j.came)
	<-j.release
	return j.recorder.Postback(ctx, p)
}

// startSlow serves on a socket with a journal that waits.
func startSlow(t *testing.T, drain time.Duration) (*slowJournal, net.Listener, context.CancelFunc, chan error) {
	t.Helper()
	w := newWorld(t, nil)
	j := &slowJournal{recorder: w.journal, came: make(chan struct{}), release: make(chan struct{})}
	o := w.options
	o.Journal, o.Limits.Drain = j, drain
	s, err := server.New(o)
	if err != nil {
		t.Fatal(err)
	}
	l, err := port.Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, l) }()
	return j, l, cancel, done
}

func dialTo(t *testing.T, l net.Listener, raw string) *bufio.Reader {
	t.Helper()
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if _, err := conn.Write([]byte(raw)); err != nil {
		t.Fatal(err)
	}
	return bufio.NewReader(conn)
}

// A postback in flight is answered though the server has been told to stop.
func TestStoppingFinishesWhatIsInFlight(t *testing.T) {
	j, l, cancel, done := startSlow(t, 0)
	answer := dialTo(t, l, "GET /postback HTTP/1.1\r\nHost: go.example.net\r\n\r\n")
	<-j.came
	cancel()
	refusesConnections(t, l)
	close(j.release)
	res, err := http.ReadResponse(answer, nil)
	if err != nil || res.StatusCode != 400 {
		t.Fatalf("%v, %v; want the answer 400", res, err)
	}
	if err := <-done; err != nil {
		t.Errorf("Serve: %v", err)
	}
	if entries := j.take(); len(entries) != 1 {
		t.Errorf("%d entries in the journal", len(entries))
	}
}

// refusesConnections waits until nothing is accepted any more.
func refusesConnections(t *testing.T, l net.Listener) {
	t.Helper()
	for deadline := time.Now().Add(5 * time.Second); time.Now().Before(deadline); {
		conn, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			return
		}
		_ = conn.Close()
	}
	t.Fatal("connections are still accepted")
}

// While it drains, the server answers and asks clients to close.
func TestDrainingAnswersAndCloses(t *testing.T) {
	_, l, cancel, done := startSlow(t, time.Hour)
	connection := func() string {
		res, err := http.ReadResponse(dialTo(t, l, "HEAD /click?offer=1001&partner=2002 HTTP/1.1\r\nHost: go.example.net\r\n\r\n"),
			&http.Request{Method: "HEAD"})
		if err != nil || res.StatusCode != 302 {
			t.Fatalf("%v, %v", res, err)
		}
		if res.Close {
			return "close"
		}
		return ""
	}
	if got := connection(); got != "" {
		t.Fatalf("before: Connection: %s", got)
	}
	cancel()
	for deadline := time.Now().Add(5 * time.Second); connection() != "close"; {
		if time.Now().After(deadline) {
			t.Fatal("clients are not asked to close")
		}
	}
	select {
	case err := <-done:
		t.Fatalf("Serve has ended before its time: %v", err)
	default:
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Errorf("Serve: %v", err)
	}
}

func TestRequestsThatNeverEndAreGivenUp(t *testing.T) {
	w := newWorld(t, nil)
	j := &slowJournal{recorder: w.journal, came: make(chan struct{}), release: make(chan struct{})}
	o := w.options
	o.Journal, o.Limits.Grace = j, 20*time.Millisecond
	s, err := server.New(o)
	if err != nil {
		t.Fatal(err)
	}
	l, err := port.Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, l) }()
	answer := dialTo(t, l, "GET /postback HTTP/1.1\r\nHost: go.example.net\r\n\r\n")
	<-j.came
	cancel()
	if err := <-done; !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Serve: %v, want that the grace period has passed", err)
	}
	close(j.release)
	if _, err := http.ReadResponse(answer, nil); err != nil {
		t.Error(err)
	}
}

// Told to stop before it has begun, the server stops.
func TestStoppingAtOnce(t *testing.T) {
	w := newWorld(t, nil)
	for range 20 {
		s, err := server.New(w.options)
		if err != nil {
			t.Fatal(err)
		}
		l, err := port.Listen(t.Context(), "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := s.Serve(ctx, l); err != nil {
			t.Fatal(err)
		}
	}
}

func TestNewSaysWhatIsMissing(t *testing.T) {
	if _, err := server.New(server.Options{}); err == nil {
		t.Error("a server without anything is made")
	}
}

// A listener that fails ends Serve with its error.
func TestServeReturnsTheErrorOfItsListener(t *testing.T) {
	w := newWorld(t, nil)
	s, err := server.New(w.options)
	if err != nil {
		t.Fatal(err)
	}
	broken := errors.New("broken")
	if err := s.Serve(t.Context(), failing{broken}); !errors.Is(err, broken) {
		t.Errorf("Serve: %v", err)
	}
}

type failing struct{ err error }

func (f failing) Accept() (net.Conn, error) { return nil, f.err }
func (failing) Close() error                { return nil }
func (failing) Addr() net.Addr              { return &net.TCPAddr{} }

func TestBeforeTheFirstSnapshot(t *testing.T) {
	w := newWorld(t, func(o *server.Options) { o.Snapshots = fixed{live.Empty()} })
	for _, path := range []string{"/click?offer=1001&partner=2002", "/postback?clickid=x", "/impression?offer=1", "/pixel.gif?offer=1"} {
		res := w.get(t, path)
		if res.StatusCode != 503 || res.Header.Get("Retry-After") == "" {
			t.Errorf("%s: %d", path, res.StatusCode)
		}
	}
}

type fixed struct{ index *live.Index }

func (f fixed) Current() *live.Index { return f.index }

type panicking struct {
	index *live.Index
	on    atomic.Bool
}

func (p *panicking) Current() *live.Index {
	if p.on.Load() {
		panic("a defect")
	}
	return p.index
}

// A defect costs the request that meets it, nothing else.
func TestAPanicIsOneRequests(t *testing.T) {
	snapshots := &panicking{}
	w := newWorld(t, func(o *server.Options) { o.Snapshots = snapshots })
	snapshots.index = w.index
	snapshots.on.Store(true)
	res := w.get(t, "/click?offer=1001&partner=2002")
	if res.StatusCode != 500 {
		t.Errorf("status %d, want 500", res.StatusCode)
	}
	snapshots.on.Store(false)
	if res := w.get(t, "/click?offer=1001&partner=2002"); res.StatusCode != 302 {
		t.Errorf("afterwards: %d", res.StatusCode)
	}
}

// Ids of an old key live on after a rotation; new ones are made with the new key.
func TestKeysRotate(t *testing.T) {
	w := newWorld(t, nil)
	old := w.clickID(network, "1001", "2002")
	rotated, err := w.ring.Rotate(now.Add(-time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	w.server.SetKeyring(rotated)
	id := w.get(t, "/click?offer=1001&partner=2002").Header.Get("Waypost-Click")
	opened, err := clickid.Open(rotated, id)
	if err != nil || opened.KeyID != rotated.Current(now) || opened.KeyID == w.ring.Current(now) {
		t.Errorf("%+v, %v: not made with the new key", opened, err)
	}
	w.journal.take()
	w.get(t, "/postback?clickid="+old)
	if got := describe(w.journal.one()); got["click"] != old {
		t.Errorf("an id of the old key: %v", got)
	}
	other, err := seal.New(now)
	if err != nil {
		t.Fatal(err)
	}
	w.server.SetKeyring(other)
	w.get(t, "/postback?clickid="+old)
	if got := describe(w.journal.one()); got["reason"] != "bad_click_id" {
		t.Errorf("an id of a key that is gone: %v", got)
	}
}

// The configuration may change at any moment: each request sees one of them to
// its end.
func TestSnapshotsChangeUnderLoad(t *testing.T) {
	var current atomic.Pointer[live.Index]
	w := newWorld(t, func(o *server.Options) { o.Snapshots = pointer{&current} })
	current.Store(w.index)
	indexes := []*live.Index{w.index, index(t, w.ring)}
	stop := make(chan struct{})
	var swaps, clicks sync.WaitGroup
	swaps.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
				current.Store(indexes[i%2])
			}
		}
	})
	for range 4 {
		clicks.Go(func() {
			for range 100 {
				ctx := newContext(t, "/click?offer=1001&partner=2002&sub1=x&redirect=https%3A%2F%2Fshop.example%2Fy")
				w.server.Handler()(ctx)
				if ctx.Response.StatusCode() != 302 || len(ctx.Response.Header.Peek("Waypost-Click")) == 0 {
					t.Errorf("status %d, reason %s", ctx.Response.StatusCode(), ctx.Response.Header.Peek("Waypost-Reason"))
				}
			}
		})
	}
	clicks.Wait()
	close(stop)
	swaps.Wait()
}

type pointer struct{ p *atomic.Pointer[live.Index] }

func (p pointer) Current() *live.Index { return p.p.Load() }
