package delivery

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

// TestANameThatChangesItsMind: a partner's name server says one thing to whoever
// looks the name up first and 127.0.0.1 to who looks again (DNS rebinding). What
// counts is the address that is about to be called.
func TestANameThatChangesItsMind(t *testing.T) {
	var called atomic.Int32
	private := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { called.Add(1) }))
	defer private.Close()
	answers := rebinding(t)
	first, err := net.DefaultResolver.LookupHost(t.Context(), "rebind.example.")
	if err != nil || len(first) != 1 || first[0] != "8.8.8.8" {
		t.Fatalf("the first answer is %v, %v; want an address that passes", first, err)
	}

	u, err := url.Parse(private.URL)
	if err != nil {
		t.Fatal(err)
	}
	c := &clock{}
	c.advance(time.Hour)
	q := newMemoryQueue(delivery("rebound", "http://rebind.example.:"+u.Port()+"/", c))
	start(t, q, c, NewClient(false))
	if r := await(t, q.recorded); r.Succeeded() || !strings.Contains(r.Error, "private") {
		t.Errorf("%+v", r)
	}
	if called.Load() != 0 {
		t.Error("the private server was called")
	}
	if answers.Load() < 2 {
		t.Errorf("the name was asked for %d times; the call did not look it up", answers.Load())
	}
}

// rebinding makes a name server the only one there is: its first answer is a public
// address, all others are 127.0.0.1. It returns how many addresses it has given.
func rebinding(t *testing.T) *atomic.Int32 {
	t.Helper()
	server, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var answers atomic.Int32
	done := make(chan struct{})
	go func() {
		defer close(done)
		buffer := make([]byte, 1500)
		for {
			n, from, err := server.ReadFrom(buffer)
			if err != nil {
				return // closed
			}
			if _, err := server.WriteTo(answerTo(t, buffer[:n], &answers), from); err != nil {
				t.Error(err)
			}
		}
	}()
	before := net.DefaultResolver
	net.DefaultResolver = &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", server.LocalAddr().String())
	}}
	t.Cleanup(func() {
		net.DefaultResolver = before
		_ = server.Close() // ends the goroutine
		<-done
	})
	return &answers
}

func answerTo(t *testing.T, question []byte, answers *atomic.Int32) []byte {
	var m dnsmessage.Message
	if err := m.Unpack(question); err != nil || len(m.Questions) != 1 {
		t.Errorf("a question that is none: %v", err)
		return nil
	}
	q := m.Questions[0]
	m = dnsmessage.Message{Header: dnsmessage.Header{ID: m.ID, Response: true, Authoritative: true}, Questions: m.Questions}
	if q.Type == dnsmessage.TypeA {
		address := [4]byte{127, 0, 0, 1}
		if answers.Add(1) == 1 {
			address = [4]byte{8, 8, 8, 8}
		}
		m.Answers = []dnsmessage.Resource{{
			Header: dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class}, Body: &dnsmessage.AResource{A: address},
		}}
	}
	packed, err := m.Pack()
	if err != nil {
		t.Error(err)
	}
	return packed
}
