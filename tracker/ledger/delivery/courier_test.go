package delivery

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// memoryQueue is a queue of what the tests put into it.
type memoryQueue struct {
	mu       sync.Mutex
	waiting  []Delivery
	due      map[string]time.Time
	recorded chan Result
}

func newMemoryQueue(ds ...Delivery) *memoryQueue {
	return &memoryQueue{waiting: ds, due: map[string]time.Time{}, recorded: make(chan Result, 1000)}
}

func (q *memoryQueue) Due(_ context.Context, now time.Time, limit int, busy, out []string) ([]Delivery, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	var due []Delivery
	for _, d := range q.waiting {
		if len(due) < limit && !slices.Contains(busy, hostOf(d.URL)) && !slices.Contains(out, d.ID) && !q.due[d.ID].After(now) {
			due = append(due, d)
		}
	}
	return due, nil
}

func (q *memoryQueue) Claim(_ context.Context, ids []string, _, until time.Time) ([]string, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, id := range ids {
		q.due[id] = until
	}
	return ids, nil
}

func (q *memoryQueue) Record(_ context.Context, results []Result) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, r := range results {
		i := slices.IndexFunc(q.waiting, func(d Delivery) bool { return d.ID == r.ID })
		if r.State == Waiting {
			q.waiting[i].Attempts++
			q.due[r.ID] = r.NextAt
		} else {
			q.waiting = slices.Delete(q.waiting, i, i+1)
		}
		q.recorded <- r
	}
	return nil
}

// clock is a time that tests move.
type clock struct{ micros atomic.Int64 }

func (c *clock) now() time.Time          { return time.UnixMicro(c.micros.Load()) }
func (c *clock) advance(d time.Duration) { c.micros.Add(d.Microseconds()) }

// start runs a courier until the test ends.
func start(t *testing.T, q Queue, c *clock, client *http.Client) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- New(Options{Queue: q, Client: client, Now: c.now, Log: logr.Discard()}).Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		client.CloseIdleConnections()
	})
}

func await(t *testing.T, results <-chan Result) Result {
	t.Helper()
	select {
	case r := <-results:
		return r
	case <-time.After(20 * time.Second):
		t.Fatal("no result within 20 s")
		return Result{}
	}
}

func delivery(id, url string, c *clock) Delivery {
	return Delivery{ID: id, Target: url, URL: url, CreatedAt: c.now()}
}

func TestCourierOutcomes(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("/ok", func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte("thanks " + r.Header.Get("Idempotency-Key")))
	})
	mux.HandleFunc("/broken", func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "oops", 500) })
	mux.HandleFunc("/garbage", func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err == nil {
			_, _ = conn.Write([]byte("\x00\x01 this is no HTTP\r\n\r\n"))
			_ = conn.Close()
		}
	})
	mux.HandleFunc("/noise", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("a\x00b\xff")) })
	mux.HandleFunc("/moved", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/ok", http.StatusFound) })
	mux.HandleFunc("/loop", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/loop", http.StatusFound) })
	server := httptest.NewServer(mux)
	defer server.Close()

	for _, tc := range []struct {
		path       string
		wantState  State
		wantStatus int
		wantBody   string
		wantError  string
	}{
		{"/ok", Delivered, 200, "thanks d-/ok", ""},
		{"/moved", Delivered, 200, "thanks d-/moved", ""},
		{"/noise", Delivered, 200, "a?b?", ""},
		{"/broken", Waiting, 500, "oops", "Internal Server Error"},
		{"/missing", Waiting, 404, "404", "Not Found"},
		{"/garbage", Waiting, 0, "", "malformed"},
		{"/loop", Waiting, 0, "", "more than 5 redirects"},
	} {
		t.Run(tc.path, func(t *testing.T) {
			c := &clock{}
			c.advance(time.Hour)
			q := newMemoryQueue(delivery("d-"+tc.path, server.URL+tc.path, c))
			start(t, q, c, NewClient(true))
			r := await(t, q.recorded)
			if r.State != tc.wantState || r.HTTPStatus != tc.wantStatus || !strings.HasPrefix(r.Body, tc.wantBody) ||
				!strings.Contains(r.Error, tc.wantError) || (tc.wantError == "") != r.Succeeded() {
				t.Errorf("got %+v", r)
			}
			if strings.Contains(r.Error, server.URL) {
				t.Errorf("the error repeats the URL: %s", r.Error)
			}
		})
	}
}

func TestCourierRefusesPrivateAddressesAlsoBehindRedirects(t *testing.T) {
	var called atomic.Int32
	private := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { called.Add(1) }))
	defer private.Close()
	c := &clock{}
	c.advance(time.Hour)
	q := newMemoryQueue(delivery("direct", private.URL, c))
	start(t, q, c, NewClient(false))
	if r := await(t, q.recorded); r.Succeeded() || !strings.Contains(r.Error, "private") {
		t.Errorf("calling 127.0.0.1: %+v", r)
	}

	// The redirecting server is let through once, as a public one would be; the
	// client's own guard has to stop what it points to.
	redirecting := httptest.NewServer(http.RedirectHandler(private.URL, http.StatusFound))
	defer redirecting.Close()
	client := NewClient(false)
	guarded := client.Transport
	client.Transport = roundTripper(func(r *http.Request) (*http.Response, error) {
		if "http://"+r.URL.Host == redirecting.URL {
			return http.DefaultTransport.RoundTrip(r)
		}
		return guarded.RoundTrip(r)
	})
	q = newMemoryQueue(delivery("redirected", redirecting.URL, c))
	start(t, q, c, client)
	if r := await(t, q.recorded); r.Succeeded() || !strings.Contains(r.Error, "private") {
		t.Errorf("redirected to 127.0.0.1: %+v", r)
	}
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	if called.Load() != 0 {
		t.Error("the private server was called")
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestCourierRetriesUnderTheSameID(t *testing.T) {
	var mu sync.Mutex
	var keys []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		keys = append(keys, r.Header.Get("Idempotency-Key"))
		if len(keys) < 3 {
			http.Error(w, "later", http.StatusServiceUnavailable)
		}
	}))
	defer server.Close()
	c := &clock{}
	c.advance(time.Hour)
	q := newMemoryQueue(delivery("one", server.URL, c))
	start(t, q, c, NewClient(true))
	for r := await(t, q.recorded); !r.Succeeded(); r = await(t, q.recorded) {
		c.advance(r.NextAt.Sub(c.now()) + time.Microsecond)
	}
	mu.Lock()
	defer mu.Unlock()
	if want := []string{"one", "one", "one"}; !slices.Equal(keys, want) {
		t.Errorf("delivery ids %v, want %v", keys, want)
	}
}

func TestCourierIsNotHeldUpByASlowHost(t *testing.T) {
	release := make(chan struct{})
	var together, most atomic.Int32
	slow := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		n := together.Add(1)
		defer together.Add(-1)
		for {
			seen := most.Load()
			if n <= seen || most.CompareAndSwap(seen, n) {
				break
			}
		}
		<-release
	}))
	defer slow.Close()
	fast := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer fast.Close()
	c := &clock{}
	c.advance(time.Hour)
	var ds []Delivery
	for i := range 300 {
		ds = append(ds, delivery(fmt.Sprintf("slow-%03d", i), slow.URL, c))
	}
	for i := range 20 {
		ds = append(ds, delivery(fmt.Sprintf("fast-%02d", i), fast.URL, c))
	}
	q := newMemoryQueue(ds...)
	start(t, q, c, NewClient(true))
	for range 20 {
		if r := await(t, q.recorded); !strings.HasPrefix(r.ID, "fast") || !r.Succeeded() {
			t.Fatalf("got %+v while the slow host answers nothing", r)
		}
	}
	close(release)
	for range 300 {
		if r := await(t, q.recorded); !r.Succeeded() {
			t.Fatalf("%+v", r)
		}
	}
	if most.Load() > perHost {
		t.Errorf("%d calls at once to one host, want at most %d", most.Load(), perHost)
	}
}

func TestErrorsTellPartnersNothingOfOurs(t *testing.T) {
	err := &url.Error{Op: "Get", URL: "https://blog.example/?key=secret", Err: &net.OpError{Op: "dial", Net: "tcp",
		Err: &net.DNSError{Err: "no such host", Name: "blog.example", Server: "10.0.0.53:53"}}}
	if got, want := withoutURL(err), "looking up blog.example: no such host"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
