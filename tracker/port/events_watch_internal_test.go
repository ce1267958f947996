package port

import (
	"io"
	"net"
	"testing"
	"time"
)

// A connection that no loop can watch is watched all the same: it is given out when it
// says something, and closed without a word when it is idle, or the port is closed.
func TestConnectionsThatNoLoopWatches(t *testing.T) {
	for _, tc := range []struct {
		name  string
		idle  time.Duration
		event func(*testing.T, *eventListener, net.Conn)
		given string
	}{
		{"says something", time.Second, func(t *testing.T, _ *eventListener, client net.Conn) {
			if _, err := client.Write([]byte("something")); err != nil {
				t.Fatal(err)
			}
		}, "something"},
		{"is idle", 10 * time.Millisecond, func(*testing.T, *eventListener, net.Conn) {}, ""},
		{"is closed with the port", time.Hour, func(t *testing.T, e *eventListener, _ net.Conn) {
			if err := e.Close(); err != nil {
				t.Fatal(err)
			}
		}, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			e, conn, client := watchable(t, tc.idle)
			watched := make(chan struct{})
			go func() {
				defer close(watched)
				e.watch(conn)
			}()
			tc.event(t, e, client)
			if tc.given != "" {
				c, err := e.Accept()
				if err != nil {
					t.Fatal(err)
				}
				defer func() { _ = c.Close() }()
				b := make([]byte, 100)
				if n, err := c.Read(b); string(b[:n]) != tc.given || err != nil {
					t.Errorf("read %q, %v; want %q", b[:n], err, tc.given)
				}
				time.AfterFunc(tc.idle, func() { _, _ = client.Write([]byte("late")) })
				if n, err := c.Read(b); string(b[:n]) != "late" || err != nil {
					t.Errorf("read %q, %v: how long it may be quiet is its owner's to say", b[:n], err)
				}
			} else if b, err := io.ReadAll(client); len(b) > 0 || err != nil {
				t.Errorf("heard %q, %v; want the end", b, err)
			}
			<-watched
		})
	}
}

// watchable is a Listener and a connection that is not its own, with its client.
func watchable(t *testing.T, idle time.Duration) (e *eventListener, conn, client net.Conn) {
	t.Helper()
	listen := func() net.Listener {
		l, err := Listen(t.Context(), "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = l.Close() })
		return l
	}
	e, err := newEventListener(listen(), loopOptions{
		NewAnswer: func() answerFunc { return nil }, Full: func() []byte { return nil },
		Loops: 1, RequestBytes: 64, Connections: 10, Idle: idle, Write: time.Minute,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	other := listen()
	client, err = net.Dial("tcp", other.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	if _, err := client.Write([]byte("x")); err != nil { // or it is accepted a second later
		t.Fatal(err)
	}
	conn, err = other.Accept()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(conn, make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	return e, conn, client
}
