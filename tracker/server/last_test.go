package server_test

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"testing"

	"github.com/waypost/waypost/tracker/port"
	"github.com/waypost/waypost/tracker/server"
)

// telling is a port that counts the answers which its connections hold back.
type telling struct {
	net.Listener
	last atomic.Int32
}

func (l *telling) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &tellingConn{conn.(port.Conn), &l.last}, nil
}

type tellingConn struct {
	port.Conn
	last *atomic.Int32
}

func (c *tellingConn) WriteNow(b []byte, last bool) (int, error) {
	if last {
		c.last.Add(1)
	}
	return c.Conn.WriteNow(b, last)
}

func (c *tellingConn) WriteLast(b []byte) (int, error) {
	c.last.Add(1)
	return c.Conn.WriteLast(b)
}

// An answer after which the connection is closed leaves together with its end, and
// no other waits for anything.
func TestTheLastAnswerIsWrittenAsTheLast(t *testing.T) {
	const get, host = "GET /click?offer=1001&partner=2002 HTTP/1.", "\r\nHost: go.example.net\r\n"
	for _, tc := range []struct {
		name, raw string
		last      int32
	}{
		{"kept", get + "1" + host + "\r\n", 0},
		{"closed", get + "1" + host + "Connection: close\r\n\r\n", 1},
		{"closed after another", get + "1" + host + "\r\n" + get + "1" + host + "Connection: close\r\n\r\n", 1},
		{"HTTP/1.0", get + "0" + host + "\r\n", 1},
		{"HTTP/1.0 that is kept", get + "0" + host + "Connection: keep-alive\r\n\r\n", 0},
		{"a page", "GET /nothing HTTP/1.1" + host + "Connection: close\r\n\r\n", 1},
		{"a length that is said twice", "POST /postback HTTP/1.1" + host + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t, nil)
			plain, err := port.Listen(t.Context(), "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			l := &telling{Listener: plain}
			second, err := server.New(w.options)
			if err != nil {
				t.Fatal(err)
			}
			serve(t, second, l)
			r := dialTo(t, l, tc.raw)
			for range bytes.Count([]byte(tc.raw), []byte(" HTTP/")) {
				res, err := http.ReadResponse(r, nil)
				if err != nil {
					t.Fatal(err)
				}
				if _, err := io.Copy(io.Discard, res.Body); err != nil {
					t.Error(err)
				}
			}
			if got := l.last.Load(); got != tc.last {
				t.Errorf("%d answers are written as the last, want %d", got, tc.last)
			}
			if tc.last > 0 {
				ends(t, r)
			}
		})
	}
}

func ends(t *testing.T, r *bufio.Reader) {
	t.Helper()
	if b, err := r.ReadByte(); err != io.EOF {
		t.Errorf("after the last answer: %q, %v", b, err)
	}
}
