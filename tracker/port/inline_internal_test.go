package port

import (
	"bytes"
	"net"
	"testing"

	"github.com/valyala/fasthttp"
)

// serving returns a server for tests whose handler answers "ok". The paths /click and /
// never wait.
func serving() *server {
	return &server{
		o: Options{
			HeaderBytes: 4096,
			Inline:      func(path []byte) bool { return string(path) == "/click" || string(path) == "/" },
			Trusts:      trustsNone,
		},
		handler: func(ctx *fasthttp.RequestCtx) { ctx.SetBodyString("ok") },
	}
}

// peer is a connection that is good for its address only.
type peer struct{ net.Conn }

func (peer) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(198, 51, 100, 7), Port: 40000} }

// The event loop answers plain requests, as browsers send them, and leaves all others to
// fasthttp's server.
func TestPlainRequestsAreAnsweredInTheEventLoop(t *testing.T) {
	const click, host = "GET /click?a=b HTTP/1.1\r\n", "Host: go.example.net\r\n"
	for _, tc := range []struct {
		name, raw string
		want      outcome
	}{
		{"a click", click + host + "\r\n", kept},
		{"the bare host", "GET /?a=b HTTP/1.1\r\n" + host + "\r\n", kept},
		{"of a proxy", click + host + "X-Forwarded-For: 203.0.113.9\r\nConnection: keep-alive\r\n\r\n", kept},
		{"the last", click + host + "Connection: close\r\n\r\n", answeredLast},
		{"a fragment", "GET /click?a=b#x HTTP/1.1\r\n" + host + "\r\n", kept},

		{"half a request", click + host, declined},
		{"two requests", click + host + "\r\n" + click + host + "\r\n", declined},
		{"a request and a half", click + host + "\r\n" + click, declined},
		{"a body", click + host + "Content-Length: 1\r\n\r\nx", declined},
		{"a body of nothing", click + host + "Content-Length: 0\r\n\r\n", declined},
		{"a body in chunks", click + host + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", declined},
		{"a body that is announced", click + host + "Expect: 100-continue\r\n\r\n", declined},
		{"HTTP/1.0", "GET /click?a=b HTTP/1.0\r\n" + host + "\r\n", declined},
		{"HEAD", "HEAD /click?a=b HTTP/1.1\r\n" + host + "\r\n", declined},
		{"no host", click + "\r\n", declined},
		{"two hosts", click + host + host + "\r\n", declined},
		{"a host that is none", click + "Host: [go.example.net\r\n\r\n", declined},
		{"a control character", "GET /click?a=b\x01 HTTP/1.1\r\n" + host + "\r\n", declined},
		{"another host in the URL", "GET http://other.example/click?a=b HTTP/1.1\r\n" + host + "\r\n", declined},
		{"a path that may wait", "GET /postback?a=b HTTP/1.1\r\n" + host + "\r\n", declined},
		{"no query", "GET /click HTTP/1.1\r\n" + host + "\r\n", declined},
		{"another spelling of the path", "GET /x/../click?a=b HTTP/1.1\r\n" + host + "\r\n", declined},
		{"a path that is looked for in the headers", "GET / HTTP/1.1\r\nReferer: https://x/?y\r\n" + host + "\r\n", declined},
		{"nothing", "\r\n", declined},
	} {
		t.Run(tc.name, func(t *testing.T) {
			i := newInline(serving())
			for range 2 { // what one request leaves behind is not seen by the next
				before := []byte("before")
				got, result := i.answer(before, peer{}, []byte(tc.raw))
				if result != tc.want {
					t.Fatalf("outcome %d, want %d: %q", result, tc.want, got)
				}
				sent, ok := bytes.CutPrefix(got, before)
				if !ok || (len(sent) > 0) != (result != declined) {
					t.Errorf("the answers are %q", got)
				}
			}
		})
	}
}

// While the port drains, the event loop asks clients to close as well.
func TestTheEventLoopDrains(t *testing.T) {
	s := serving()
	s.draining.Store(true)
	got, result := newInline(s).answer(nil, peer{}, []byte("GET /click?a=b HTTP/1.1\r\nHost: x\r\n\r\n"))
	if result != answeredLast || !bytes.Contains(got, []byte("Connection: close\r\n")) {
		t.Errorf("outcome %d, answer %q", result, got)
	}
}

// An answer in the event loop allocates nothing of its own.
func TestTheEventLoopDoesNotAllocate(t *testing.T) {
	i := newInline(serving())
	request := []byte("GET /click?a=b HTTP/1.1\r\nHost: go.example.net\r\nUser-Agent: x\r\nCookie: a=b\r\n\r\n")
	answers := make([]byte, 0, 4096)
	var conn net.Conn = peer{}
	if n := testing.AllocsPerRun(200, func() { answers, _ = i.answer(answers[:0], conn, request) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// With Plain no loop and no connection of this package takes part.
func TestPlainIsServedByFasthttpAlone(t *testing.T) {
	l, err := ListenPlain(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := serving()
	s.o.Plain = true
	guarded, err := s.guarded(l)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = guarded.Close() }()
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	accepted, err := guarded.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = accepted.Close() }()
	if _, ok := accepted.(*net.TCPConn); !ok {
		t.Errorf("a %T is accepted", accepted)
	}
}
