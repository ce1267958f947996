package server_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"regexp"
	"syscall"
	"testing"
	"time"

	"github.com/waypost/waypost/tracker/port"
	"github.com/waypost/waypost/tracker/server"
)

const host = "Host: go.example.net\r\n"

// FuzzInline: the event loop and fasthttp alone answer alike, and the journal holds the
// same afterwards.
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
	f.Add([]byte(clickLine + "\r\n" + clickLine + "\r\n"))
	f.Add([]byte("HEAD /click?offer=1001&partner=2002 HTTP/1.1\r\n" + host + "\r\n"))
	w := newWorld(f, nil)
	plain := w.listenPlain(f)
	f.Fuzz(func(t *testing.T, raw []byte) {
		if len(raw) == 0 || len(raw) > 8<<10 {
			return // nothing is asked, or the end of an answer may be lost with what is not read
		}
		got, gotEntries := masked(exchange(t, w.listener.Addr(), raw)), described(w)
		want, wantEntries := masked(exchange(t, plain.Addr(), raw)), described(w)
		if got != want {
			t.Errorf("the event loop answers\n%s\nfasthttp alone\n%s", got, want)
		}
		if fmt.Sprint(gotEntries) != fmt.Sprint(wantEntries) {
			t.Errorf("the journal holds\n%v, after fasthttp alone\n%v", gotEntries, wantEntries)
		}
	})
}

// listenPlain serves a second server of the world by fasthttp alone.
func (w *world) listenPlain(t testing.TB) net.Listener {
	t.Helper()
	l, err := port.ListenPlain(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	o := w.options
	o.Plain = true
	second, err := server.New(o)
	if err != nil {
		t.Fatal(err)
	}
	serve(t, second, l)
	return l
}

// exchange sends all of raw, ends its side, and returns all answers.
func exchange(t *testing.T, to net.Addr, raw []byte) []byte {
	t.Helper()
	conn, err := net.Dial("tcp", to.String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	err = errors.Join(conn.SetDeadline(time.Now().Add(20*time.Second)), write(conn, raw))
	if err != nil && !errors.Is(err, syscall.ECONNRESET) && !errors.Is(err, syscall.EPIPE) {
		t.Fatal(err)
	}
	answers, err := io.ReadAll(conn)
	if err != nil && !errors.Is(err, syscall.ECONNRESET) {
		t.Fatal(err)
	}
	return answers
}

func write(conn net.Conn, raw []byte) error {
	_, err := conn.Write(raw)
	return errors.Join(err, conn.(*net.TCPConn).CloseWrite())
}

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

var (
	// random is the macro of the fixtures that is not always as long.
	random = regexp.MustCompile(`rand=\d*`)
	// fresh are the headers whose values are made anew each time.
	fresh = regexp.MustCompile(`(?m)^(Date|Location|Waypost-Click|Waypost-Impression|Set-Cookie): .*$`)
)

// masked replaces what is made anew each time by its length.
func masked(answers []byte) string {
	answers = random.ReplaceAll(answers, nil)
	return string(fresh.ReplaceAllFunc(answers, func(line []byte) []byte {
		return fmt.Appendf(nil, "%.4s: %d bytes", line, len(line))
	}))
}
