package server_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/waypost/waypost/tracker/server"
)

// A request that comes long after the one before it is answered, whatever is said of it
// before there is a deadline for the answer.
func TestLateRequestsAreAnswered(t *testing.T) {
	const postback = "GET /postback HTTP/1.1\r\n" + host + "\r\n"
	const write = 50 * time.Millisecond
	w := newWorld(t, func(o *server.Options) {
		o.Limits = server.Limits{Write: write, Read: time.Second}
	})
	for _, tc := range []struct {
		name, first, second string
		status              int
	}{
		{"malformed, after a click", clickLine + "\r\n", "hello\r\n\r\n", 400},
		{"malformed, after a postback", postback, "hello\r\n\r\n", 400},
		{"with a body that is announced", postback, "POST /postback HTTP/1.1\r\n" + host + "Expect: 100-continue\r\nContent-Length: 3\r\n\r\na=b", 400},
		{"unfinished", postback, "GET /post", 408},
		{"two at once", postback, clickLine + "\r\n" + clickLine + "\r\n", 302},
		{"a postback", postback, postback, 400},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			conn, err := w.listener.DialWithLocalAddr(&net.TCPAddr{IP: net.IPv4(198, 51, 100, 7), Port: 1})
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = conn.Close() }()
			r := bufio.NewReader(conn)
			answerTo(t, conn, r, tc.first)
			<-time.After(2 * write) // the deadline of the first answer is what this is about
			if got := answerTo(t, conn, r, tc.second); got != tc.status {
				t.Errorf("status %d, want %d", got, tc.status)
			}
		})
	}
}

// answerTo sends a request and returns the status of its answer.
func answerTo(t *testing.T, conn net.Conn, r *bufio.Reader, request string) int {
	t.Helper()
	if _, err := io.WriteString(conn, request); err != nil {
		t.Fatal(err)
	}
	for {
		res, err := http.ReadResponse(r, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, res.Body); err != nil {
			t.Fatal(err)
		}
		if res.StatusCode != http.StatusContinue {
			return res.StatusCode
		}
	}
}

// A connection that has its place keeps it, whoever answers.
func TestTheLastPlaceIsKept(t *testing.T) {
	w := newWorld(t, func(o *server.Options) { o.Limits.Connections = 1 })
	conn := w.dial(t)
	r := bufio.NewReader(conn)
	for i := range 500 {
		for _, request := range []string{"GET /robots.txt HTTP/1.1\r\n" + host + "\r\n", clickLine + "\r\n"} {
			if got := answerTo(t, conn, r, request); got != 200 && got != 302 {
				t.Fatalf("request %d: status %d", i, got)
			}
		}
	}
	other := w.dial(t)
	if got := answerTo(t, other, bufio.NewReader(other), clickLine+"\r\n"); got != 503 {
		t.Errorf("a connection more: status %d, want 503", got)
	}
}
