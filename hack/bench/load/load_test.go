package load

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func TestAnswer(t *testing.T) {
	for _, c := range []struct {
		name, data   string
		status, size int
		fails        bool
	}{
		{name: "nothing yet"},
		{name: "half a head", data: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n"},
		{name: "head", data: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n", status: 200, size: 40},
		{name: "all", data: "HTTP/1.1 302 Found\r\nLocation: x\r\nContent-Length: 0\r\n\r\n", status: 302, size: 54},
		{name: "length last", data: "HTTP/1.1 404 Not Found\r\nContent-Length: 12\r\n\r\nab", status: 404, size: 58},
		{name: "no length", data: "HTTP/1.1 200 OK\r\nX: 1\r\n\r\n", fails: true},
		{name: "no HTTP", data: "SSH-2.0\r\n\r\n", fails: true},
		{name: "no status", data: "HTTP/1.1 abc\r\n\r\n", fails: true},
	} {
		status, size, err := answer([]byte(c.data))
		if status != c.status || size != c.size || (err != nil) != c.fails {
			t.Errorf("%s: status %d, size %d, %v", c.name, status, size, err)
		}
	}
}

func TestPaced(t *testing.T) {
	var got atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got.Add(1)
		if r.URL.Path == "/b" {
			w.WriteHeader(http.StatusNotFound)
		}
		_, _ = w.Write([]byte("hello"))
	}))
	defer server.Close()
	var bodies atomic.Int64
	p := Paced{
		Address: strings.TrimPrefix(server.URL, "http://"), Connections: 4, Rate: 500,
		Requests: [][]byte{[]byte("GET /a HTTP/1.1\r\nHost: x\r\n\r\n"), []byte("GET /b HTTP/1.1\r\nHost: x\r\n\r\n")},
		Answered: func(request, status int, answer []byte) {
			if strings.HasSuffix(string(answer), "hello") && (status == 404) == (request%2 == 1) {
				bodies.Add(1)
			}
		},
	}
	began := time.Now()
	l, err := p.Run(t.Context(), 400*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	if took := time.Since(began); took < 390*time.Millisecond {
		t.Errorf("200 requests at 500 a second took %v", took)
	}
	if len(l.All) != 200 || l.Statuses[200] != 100 || l.Statuses[404] != 100 || got.Load() != 200 || bodies.Load() != 200 {
		t.Errorf("%d latencies, statuses %v, %d requests, %d answers seen", len(l.All), l.Statuses, got.Load(), bodies.Load())
	}
}

// A server that stalls once makes every request wait that was due meanwhile.
func TestPacedCountsTheWaitOfWhatWasDue(t *testing.T) {
	const stall = 200 * time.Millisecond
	var first atomic.Bool
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if first.CompareAndSwap(false, true) {
			time.Sleep(stall)
		}
		w.Header().Set("Content-Length", "0")
	}))
	defer server.Close()
	p := Paced{
		Address: strings.TrimPrefix(server.URL, "http://"), Connections: 1, Rate: 100,
		Requests: [][]byte{[]byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n")},
	}
	l, err := p.Run(t.Context(), 300*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	waited := 0
	for _, d := range l.All {
		if d > 50*time.Millisecond {
			waited++
		}
	}
	if waited < 10 {
		t.Errorf("%d of 30 requests waited, at least 15 were due during the stall: %v", waited, l.All)
	}
}

func TestPacedSaysWhatIsWrong(t *testing.T) {
	closing := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	defer closing.Close()
	never := make(chan struct{})
	silent := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-never }))
	defer silent.Close()
	defer close(never)
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	for name, address := range map[string]string{"closes": closing.URL, "is silent": silent.URL, "is not there": "http://127.0.0.1:1"} {
		p := Paced{Address: strings.TrimPrefix(address, "http://"), Connections: 1, Rate: 100, Requests: [][]byte{[]byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n")}}
		if l, err := p.Run(ctx, 100*time.Millisecond); err == nil {
			t.Errorf("a server that %s: no error, %v", name, l.Statuses)
		}
	}
}

func TestParseWrk(t *testing.T) {
	c, err := parseWrk("Running 1s test\n  42 requests in 1.00s\n\nresult {\"requests\":42,\"microseconds\":500000,\"connect\":1,\"read\":2,\"write\":3,\"timeout\":4,\"status\":5}\n")
	if err != nil || c.Answered != 42 || c.Failed != 15 || c.Rate() != 84 {
		t.Errorf("%+v, %v", c, err)
	}
	for _, out := range []string{"", "unable to connect", "\nresult {"} {
		if _, err := parseWrk(out); err == nil {
			t.Errorf("%q: no error", out)
		}
	}
}
