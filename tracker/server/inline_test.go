package server_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/waypost/waypost/tracker/server/eventloop"
)

const host = "Host: go.example.net\r\n"

// The event loop answers clicks and impressions as browsers ask for them, and leaves
// everything else to fasthttp's server.
func TestPlainRequestsAreAnsweredInTheEventLoop(t *testing.T) {
	const click = "GET /click?offer=1001&partner=2002 HTTP/1.1\r\n"
	for _, tc := range []struct {
		name, raw string
		want      eventloop.Outcome
	}{
		{"a click", click + host + "\r\n", eventloop.Kept},
		{"a click of TUNE", "GET /aff_c?offer_id=1001&aff_id=2002 HTTP/1.1\r\n" + host + "\r\n", eventloop.Kept},
		{"a click of CAKE", "GET /?a=2002&c=1001 HTTP/1.1\r\n" + host + "\r\n", eventloop.Kept},
		{"an impression", "GET /impression?offer=1001&partner=2002 HTTP/1.1\r\n" + host + "\r\n", eventloop.Kept},
		{"of a proxy", click + host + "X-Forwarded-For: 203.0.113.9\r\nConnection: keep-alive\r\n\r\n", eventloop.Kept},
		{"the last", click + host + "Connection: close\r\n\r\n", eventloop.Last},
		{"one that is refused", "GET /click?offer=9&partner=2002 HTTP/1.1\r\n" + host + "\r\n", eventloop.Kept},
		{"a fragment", "GET /click?offer=1001&partner=2002#x HTTP/1.1\r\n" + host + "\r\n", eventloop.Kept},

		{"half a request", click + host, eventloop.Declined},
		{"two requests", click + host + "\r\n" + click + host + "\r\n", eventloop.Declined},
		{"a request and a half", click + host + "\r\n" + click, eventloop.Declined},
		{"a body", click + host + "Content-Length: 1\r\n\r\nx", eventloop.Declined},
		{"a body of nothing", click + host + "Content-Length: 0\r\n\r\n", eventloop.Declined},
		{"a body in chunks", click + host + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", eventloop.Declined},
		{"a body that is announced", click + host + "Expect: 100-continue\r\n\r\n", eventloop.Declined},
		{"HTTP/1.0", "GET /click?offer=1001&partner=2002 HTTP/1.0\r\n" + host + "\r\n", eventloop.Declined},
		{"HEAD", "HEAD /click?offer=1001&partner=2002 HTTP/1.1\r\n" + host + "\r\n", eventloop.Declined},
		{"no host", click + "\r\n", eventloop.Declined},
		{"two hosts", click + host + host + "\r\n", eventloop.Declined},
		{"a host that is none", click + "Host: [go.example.net\r\n\r\n", eventloop.Declined},
		{"a control character", "GET /click?offer=1001\x01 HTTP/1.1\r\n" + host + "\r\n", eventloop.Declined},
		{"another host in the URL", "GET http://other.example/click?offer=1001 HTTP/1.1\r\n" + host + "\r\n", eventloop.Declined},
		{"a postback", "GET /postback?clickid=x HTTP/1.1\r\n" + host + "\r\n", eventloop.Declined},
		{"a pixel", "GET /pixel.gif?offer=1001 HTTP/1.1\r\n" + host + "\r\n", eventloop.Declined},
		{"a page", "GET /robots.txt?x HTTP/1.1\r\n" + host + "\r\n", eventloop.Declined},
		{"another spelling of the path", "GET /x/../click?offer=1001&partner=2002 HTTP/1.1\r\n" + host + "\r\n", eventloop.Declined},
		{"a path that is looked for in the headers", "GET / HTTP/1.1\r\nReferer: https://x/?y\r\n" + host + "\r\n", eventloop.Declined},
		{"nothing", "\r\n", eventloop.Declined},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t, nil)
			answer := w.server.NewInline()
			for range 2 { // what one request leaves behind is not seen by the next
				before := []byte("before")
				got, outcome := answer(before, peer{}, []byte(tc.raw))
				if outcome != tc.want {
					t.Fatalf("outcome %d, want %d: %q", outcome, tc.want, got)
				}
				said, ok := bytes.CutPrefix(got, before)
				if !ok || (len(said) > 0) != (outcome != eventloop.Declined) {
					t.Errorf("the answers are %q", got)
				}
				if entries := w.journal.take(); outcome == eventloop.Declined && len(entries) > 0 {
					t.Errorf("%d entries of a request that is declined", len(entries))
				}
			}
		})
	}
}

// FuzzInline: what the event loop answers is what fasthttp's server would answer, and
// it is in the journal alike.
func FuzzInline(f *testing.F) {
	for _, target := range []string{
		"/click?offer=1001&partner=2002&sub1=a", "/aff_c?offer_id=1001&aff_id=2002", "/?a=2002&c=1001", "/impression?offer=1001&partner=2002",
		"/click?offer=9#x?y", "/click?offer=1001&partner=2002&redirect=https://shop.example/x", "/click?%zz=1", "/imp?",
	} {
		for _, headers := range []string{
			host, "Host: OTHER.example:80\r\n", host + "Connection: close\r\n", host + "User-Agent: x\r\nCookie: a=b\r\n", "Host: a@b\r\n",
			host + "Sec-Purpose: prefetch\r\n", host + " folded: x\r\n", host + "Transfer-Encoding: identity\r\n", "host:go.example.net\n",
		} {
			f.Add([]byte("GET " + target + " HTTP/1.1\r\n" + headers + "\r\n"))
		}
	}
	w := newWorld(f, nil)
	answer := w.server.NewInline()
	f.Fuzz(func(t *testing.T, raw []byte) {
		said, outcome := answer(nil, peer{}, raw)
		entries := described(w)
		if outcome == eventloop.Declined {
			if len(said)+len(entries) > 0 {
				t.Fatalf("it is declined, and answered with %q", said)
			}
			return
		}
		reference := &script{raw: bytes.NewReader(raw)}
		if err := w.server.ServeConn(reference); err != nil {
			t.Fatalf("fasthttp: %v; the event loop: %q", err, said)
		}
		got, want := masked(t, said), masked(t, reference.said.Bytes())
		if got != want {
			t.Errorf("the event loop says\n%s\nfasthttp\n%s", got, want)
		}
		if want := described(w); fmt.Sprint(entries) != fmt.Sprint(want) {
			t.Errorf("the journal has\n%v, after fasthttp\n%v", entries, want)
		}
	})
}

// script is a connection on which everything has been said already.
type script struct {
	peer
	raw  *bytes.Reader
	said bytes.Buffer
}

func (s *script) Read(b []byte) (int, error)       { return s.raw.Read(b) }
func (s *script) Write(b []byte) (int, error)      { return s.said.Write(b) }
func (*script) Close() error                       { return nil }
func (*script) LocalAddr() net.Addr                { return peerAddress }
func (*script) SetDeadline(time.Time) error        { return nil }
func (*script) SetReadDeadline(t time.Time) error  { return nil }
func (*script) SetWriteDeadline(t time.Time) error { return nil }

// described is what is in the journal, without what is made anew each time.
func described(w *world) []map[string]string {
	var all []map[string]string
	for _, e := range w.journal.take() {
		d := describe(e)
		delete(d, "id")
		d["url"] = fmt.Sprint(len(d["url"]))
		all = append(all, d)
	}
	return all
}

// random is the macro of the fixtures that is not always as long.
var random = regexp.MustCompile(`rand=\d*`)

// masked is an answer without what is made anew each time: of that, its length.
func masked(t *testing.T, raw []byte) string {
	t.Helper()
	r := bufio.NewReader(bytes.NewReader(raw))
	res, err := http.ReadResponse(r, nil)
	if err != nil {
		t.Fatalf("%v: %q", err, raw)
	}
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	rest, err := io.ReadAll(r)
	if err != nil || len(rest) > 0 {
		t.Fatalf("%q behind the answer, %v", rest, err)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s close %v, %d bytes\n%s\n", res.Proto, res.Status, res.Close, res.ContentLength, body)
	for _, name := range slices.Sorted(maps.Keys(res.Header)) {
		for _, value := range res.Header[name] {
			switch name {
			case "Location":
				value = fmt.Sprint(len(random.ReplaceAllString(value, "")), " bytes")
			case "Waypost-Click", "Waypost-Impression", "Set-Cookie":
				value = fmt.Sprint(len(value), " bytes")
			case "Date":
				value = ""
			}
			fmt.Fprintf(&b, "%s: %s\n", name, value)
		}
	}
	return b.String()
}
