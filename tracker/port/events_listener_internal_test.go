package port

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// Whatever goes before, each request gets one answer, from whom it concerns.
func TestRequestsAreAnswered(t *testing.T) {
	for _, tc := range []struct {
		name  string
		said  []string // each is said when the one before has been answered
		heard []string
		given int64
		ends  bool
	}{
		{name: "plain ones", said: []string{"a\n", "b\n", "c\n"}, heard: []string{"loop:a", "loop:b", "loop:c"}},
		{name: "the last one", said: []string{"a\n", "last\n"}, heard: []string{"loop:a", "loop:last"}, ends: true},
		{name: "the first is the last", said: []string{"last\n"}, heard: []string{"loop:last"}, ends: true},
		{
			name: "one that is given out, between others", given: 1,
			said: []string{"a\n", "give b\n", "c\n", "d\n"}, heard: []string{"loop:a", "owner:give b", "loop:c", "loop:d"},
		},
		{
			name: "several that are given out", given: 3,
			said: []string{"give a\n", "give b\n", "c\n", "give d\n"}, heard: []string{"owner:give a", "owner:give b", "loop:c", "owner:give d"},
		},
		{
			name: "one that ends with its owner", given: 1, ends: true,
			said: []string{"a\n", "give last\n"}, heard: []string{"loop:a", "owner:give last"},
		},
		{
			name: "two at once", given: 2, // the second when the first has been answered
			said: []string{"a\nb\n", "c\n"}, heard: []string{"owner:a", "owner:b", "loop:c"},
		},
		{
			name: "longer than the loop reads", given: 1,
			said: []string{strings.Repeat("x", 2*requestBytes) + "\n"}, heard: []string{"owner:" + strings.Repeat("x", 2*requestBytes)},
		},
		{
			name: "as long as the loop reads", given: 1,
			said: []string{"a\n", strings.Repeat("x", requestBytes-1) + "\n", "b\n"}, heard: []string{"loop:a", "owner:" + strings.Repeat("x", requestBytes-1), "loop:b"},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := start(t, nil)
			c := w.dial(t)
			heard := tc.heard
			for _, said := range tc.said {
				c.say(said)
				n := strings.Count(said, "\n")
				c.hears(heard[:n]...)
				heard = heard[n:]
			}
			if tc.ends {
				c.ends()
			}
			if got := w.given.Load(); got != tc.given {
				t.Errorf("%d times given out, want %d", got, tc.given)
			}
		})
	}
}

// A request that comes in pieces is waited for by whom the connection is given to,
// after which the loop has it again, though Go's poller has had it meanwhile.
func TestRequestsInPieces(t *testing.T) {
	w := start(t, nil)
	c := w.dial(t)
	for i := range 3 {
		before := w.given.Load()
		c.say("a")
		waitFor(t, "the connection to be given out", func() bool { return w.given.Load() == before+1 })
		c.say("b\n")
		c.hears("owner:ab")
		c.say(fmt.Sprintf("whole %d\n", i))
		c.hears(fmt.Sprintf("loop:whole %d", i))
	}
}

// A client that says nothing more is answered, and then the connection ends.
func TestRequestWithAnEnd(t *testing.T) {
	w := start(t, nil)
	c := w.dial(t)
	c.say("a\n")
	c.hears("loop:a")
	c.say("b\n")
	if err := c.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	got, err := c.r.ReadString('\n')
	if _, said, ok := strings.Cut(got, ":"); !ok || said != "b\n" || err != nil {
		t.Fatalf("heard %q, %v", got, err)
	}
	c.ends()
}

// Deadlines of the owner end with what he has answered.
func TestDeadlinesOfTheOwner(t *testing.T) {
	w := start(t, nil)
	c := w.dial(t)
	for _, said := range []string{"give past", "a", "give b", "c"} {
		c.say(said + "\n")
		who := "loop:"
		if strings.HasPrefix(said, "give") {
			who = "owner:"
		}
		c.hears(who + said)
	}
}

// What is urgent ends a read early (tcp(7)); the request behind it is answered too.
func TestRequestsBehindUrgentData(t *testing.T) {
	w := start(t, nil)
	c := w.dial(t)
	raw, err := c.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	send := func(said string, flags int) {
		var failed error
		err := raw.Control(func(fd uintptr) { failed = unix.Sendto(int(fd), []byte(said), flags, nil) })
		if err = errors.Join(err, failed); err != nil {
			t.Fatal(err)
		}
	}
	for range 50 {
		send("a\n", 0)
		send("x", unix.MSG_OOB)
		send("b\n", 0)
		for _, want := range []string{"a\n", "b\n"} {
			got, err := c.r.ReadString('\n')
			if _, said, _ := strings.Cut(got, ":"); said != want || err != nil {
				t.Fatalf("heard %q, %v; want the answer to %q", got, err, want)
			}
		}
	}
}

// Connections that cannot be watched are given out, and closed by whom they are given to.
func TestOtherConnectionsAreGivenOut(t *testing.T) {
	plain, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := startOn(t, plain, nil)
	c := w.dial(t)
	c.say("a\n")
	c.hears("owner:a")
	c.ends()
}
