package server_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/waypost/waypost/tracker/port"
	"github.com/waypost/waypost/tracker/server"
	"github.com/waypost/waypost/tracker/server/address"
)

const clickLine = "GET /click?offer=1001&partner=2002 HTTP/1.1\r\nHost: go.example.net\r\n"

func TestTooLarge(t *testing.T) {
	w := newWorld(t, nil)
	x := func(n int) string { return strings.Repeat("x", n) }
	tests := []struct {
		name, raw string
		status    int
	}{
		{"a URL over its limit", "GET /click?sub1=" + x(9000) + " HTTP/1.1\r\nHost: go.example.net\r\n\r\n", 414},
		{"a URL over everything", "GET /click?sub1=" + x(100_000) + " HTTP/1.1\r\nHost: go.example.net\r\n\r\n", 414},
		{"one header over everything", clickLine + "X-A: " + x(100_000) + "\r\n\r\n", 431},
		{"many headers", clickLine + strings.Repeat("X-A: "+x(100)+"\r\n", 500) + "\r\n", 431},
		{"a declared body", "POST /postback HTTP/1.1\r\nHost: go.example.net\r\nContent-Length: 70000\r\n\r\n" + x(70_000), 413},
		{"a body in chunks", "POST /postback HTTP/1.1\r\nHost: go.example.net\r\nTransfer-Encoding: chunked\r\n\r\n" +
			strings.Repeat("2000\r\n"+x(0x2000)+"\r\n", 10) + "0\r\n\r\n", 413},
		{"a body of a click", "GET /click?offer=1001&partner=2002 HTTP/1.1\r\nHost: go.example.net\r\nContent-Length: 70000\r\n\r\n" + x(70_000), 413},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			res := w.sendSlowly(t, tt.raw)
			if res.StatusCode != tt.status {
				t.Errorf("status %d, want %d", res.StatusCode, tt.status)
			}
			if res.Header.Get("Content-Security-Policy") == "" {
				t.Error("the page has no security headers")
			}
			if entries := w.journal.take(); len(entries) > 0 {
				t.Errorf("%d entries in the journal", len(entries))
			}
		})
	}
	if got := counted(t, w, "waypost_tracker_turned_away_total", "why", "url"); got != 2 {
		t.Errorf("%v long URLs counted, want 2", got)
	}
}

// sendSlowly writes while it reads: the server may answer before it has read all.
func (w *world) sendSlowly(t *testing.T, raw string) *http.Response {
	t.Helper()
	conn, err := w.listener.DialWithLocalAddr(&net.TCPAddr{IP: net.IPv4(198, 51, 100, 7), Port: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	go func() { _, _ = conn.Write([]byte(raw)) }()
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	return res
}

// Requests whose end is not clear, or that a proxy before us might read
// otherwise, are refused as a whole and the connection is closed.
func TestMalformedRequestsAndSmuggling(t *testing.T) {
	w := newWorld(t, nil)
	hidden := clickLine + "\r\n"
	post := "POST /postback HTTP/1.1\r\nHost: go.example.net\r\n"
	tests := []struct{ name, raw string }{
		{"no request", "hello\r\n\r\n"},
		{"no Host", "GET /click?offer=1001&partner=2002 HTTP/1.1\r\n\r\n"},
		{"two Hosts", clickLine + "Host: other.example\r\n\r\n"},
		{"a control character in the URL", "GET /click?offer=1001\x01 HTTP/1.1\r\nHost: go.example.net\r\n\r\n"},
		{"a control character in a header", clickLine + "X-A: a\x00b\r\n\r\n"},
		{"a space before the colon", clickLine + "Content-Length : 0\r\n\r\n"},
		{"an unknown version", "GET /click HTTP/3.7x\r\nHost: go.example.net\r\n\r\n"},
		{"Content-Length twice", post + "Content-Length: 0\r\nContent-Length: " + strconv.Itoa(len(hidden)) + "\r\n\r\n" + hidden},
		{"a signed Content-Length", post + "Content-Length: +5\r\n\r\nhello"},
		{"a negative Content-Length", post + "Content-Length: -5\r\n\r\nhello"},
		{"Content-Length and Transfer-Encoding", post + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + hidden},
		{"Transfer-Encoding and Content-Length", post + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n" + hidden},
		{"an unknown Transfer-Encoding", post + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + hidden},
		{"two Transfer-Encodings", post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n" + hidden},
		{"a list of Transfer-Encodings", post + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n" + hidden},
		{"Transfer-Encoding in HTTP/1.0", "POST /postback HTTP/1.0\r\nHost: go.example.net\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + hidden},
		{"a chunk that is none", post + "Transfer-Encoding: chunked\r\n\r\nzz\r\n\r\n" + hidden},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			conn := w.dial(t)
			if _, err := conn.Write([]byte(tt.raw)); err != nil {
				t.Fatal(err)
			}
			r := bufio.NewReader(conn)
			res, err := http.ReadResponse(r, nil)
			if err != nil {
				t.Fatal(err)
			}
			if res.StatusCode != 400 {
				t.Errorf("status %d, want 400", res.StatusCode)
			}
			_, _ = io.Copy(io.Discard, res.Body)
			if rest, err := io.ReadAll(r); err == nil && len(rest) > 0 {
				t.Errorf("the connection goes on: %.80q", rest)
			}
			if entries := w.journal.take(); len(entries) > 0 {
				t.Errorf("%d entries in the journal: %v", len(entries), describe(entries[0]))
			}
		})
	}
}

func (w *world) dial(t testing.TB) net.Conn {
	t.Helper()
	conn, err := w.listener.DialWithLocalAddr(&net.TCPAddr{IP: net.IPv4(198, 51, 100, 7), Port: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// A body is never taken for the next request.
func TestABodyIsNoRequest(t *testing.T) {
	w := newWorld(t, nil)
	hidden := "GET /click?offer=1001&partner=2003 HTTP/1.1\r\nHost: go.example.net\r\n\r\n"
	conn := w.dial(t)
	raw := clickLine + "Content-Length: " + strconv.Itoa(len(hidden)) + "\r\n\r\n" + hidden +
		"GET /robots.txt HTTP/1.1\r\nHost: go.example.net\r\nConnection: close\r\n\r\n"
	if _, err := conn.Write([]byte(raw)); err != nil {
		t.Fatal(err)
	}
	r := bufio.NewReader(conn)
	for i, want := range []int{302, 200} {
		res, err := http.ReadResponse(r, nil)
		if err != nil || res.StatusCode != want {
			t.Fatalf("answer %d: %v, %v; want %d", i+1, res, err, want)
		}
		_, _ = io.Copy(io.Discard, res.Body)
	}
	if got := describe(w.journal.one()); got["partner"] != "best-blog" {
		t.Errorf("the click is %v", got)
	}
}

func TestTheHostOfAnAbsoluteURLCounts(t *testing.T) {
	w := newWorld(t, nil)
	res := w.send(t, "198.51.100.7", "GET http://other.example/click?offer=1001&partner=2002 HTTP/1.1\r\nHost: go.example.net\r\n\r\n")
	if got := describe(w.journal.one()); res.StatusCode != 302 || got["network"] != "other" {
		t.Errorf("status %d, network %s", res.StatusCode, got["network"])
	}
}

func TestRateLimit(t *testing.T) {
	w := newWorld(t, func(o *server.Options) { o.Limits.Rate = address.Rate{PerSecond: 1, Burst: 2} })
	var codes []int
	for _, from := range []string{"203.0.113.1", "203.0.113.1", "203.0.113.1", "203.0.113.2", "127.0.0.1", "127.0.0.1", "127.0.0.1"} {
		res := w.send(t, from, clickLine+"\r\n")
		codes = append(codes, res.StatusCode)
		if res.StatusCode == 429 && res.Header.Get("Retry-After") == "" {
			t.Error("no Retry-After")
		}
	}
	for i, want := range []int{302, 302, 429, 302, 302, 302, 302} {
		if codes[i] != want {
			t.Errorf("request %d: %d, want %d", i+1, codes[i], want)
		}
	}
	if n := len(w.journal.take()); n != 6 {
		t.Errorf("%d clicks counted, want 6", n)
	}
}

func TestSlowClientsAreSentAway(t *testing.T) {
	w := newWorld(t, func(o *server.Options) { o.Limits.Read = 20 * time.Millisecond })
	l := w.listen(t)
	for _, raw := range []string{"GET /click?offer=10", "POST /postback HTTP/1.1\r\nHost: go.example.net\r\nContent-Length: 10\r\n\r\na"} {
		conn, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		if _, err := conn.Write([]byte(raw)); err != nil {
			t.Fatal(err)
		}
		res, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil || res.StatusCode != 408 {
			t.Fatalf("%v, %v; want 408", res, err)
		}
	}
}

// listen serves a second server of the world on a real socket.
func (w *world) listen(t testing.TB) net.Listener {
	t.Helper()
	l, err := port.Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	second, err := server.New(w.options)
	if err != nil {
		t.Fatal(err)
	}
	serve(t, second, l)
	return l
}
