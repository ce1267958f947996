package port

import (
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"golang.org/x/net/nettest"
	"golang.org/x/sys/unix"
)

// A connection is one of net in all that net promises.
func TestConnectionsKeepTheContract(t *testing.T) {
	nettest.TestConn(t, func() (c1, c2 net.Conn, stop func(), err error) {
		plain, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, nil, nil, err
		}
		l, err := takeOver(plain) // whose connections may be silent at first
		if err != nil {
			return nil, nil, nil, err
		}
		c2, err = net.Dial("tcp", l.Addr().String())
		if err != nil {
			return nil, nil, nil, errors.Join(err, l.Close())
		}
		c1, err = l.Accept()
		if err != nil {
			return nil, nil, nil, errors.Join(err, c2.Close(), l.Close())
		}
		return c1, c2, func() { _, _, _ = c1.Close(), c2.Close(), l.Close() }, nil
	})
}

// What comes at once costs no poller, and what has to be waited for comes as well.
func TestConnectionsAreWatchedWhenTheyWait(t *testing.T) {
	l := listening(t, "127.0.0.1:0")
	client := visit(t, l, "first")
	c := accepted(t, l)
	b := make([]byte, 100)
	if n, err := c.Read(b); err != nil || string(b[:n]) != "first" {
		t.Fatalf("read %q, %v", b[:n], err)
	}
	if _, err := c.Write([]byte("answer")); err != nil {
		t.Fatal(err)
	}
	if c.watched.Load() != nil {
		t.Error("the poller watches, and nothing has waited")
	}
	for _, said := range []string{"second", "third"} {
		read := make(chan string)
		go func() {
			n, err := c.Read(b)
			read <- string(b[:n]) + errorText(err)
		}()
		if _, err := client.Write([]byte(said)); err != nil {
			t.Fatal(err)
		}
		if got := <-read; got != said {
			t.Errorf("read %q, want %q", got, said)
		}
	}
}

func errorText(err error) string {
	if err != nil {
		return err.Error()
	}
	return ""
}

// An answer beyond what the kernel takes waits for the peer, until the deadline.
func TestWritesWaitForTheirPeer(t *testing.T) {
	for _, last := range []bool{false, true} {
		l := listening(t, "127.0.0.1:0")
		client := visit(t, l, "x")
		c := accepted(t, l)
		if _, err := c.Read(make([]byte, 1)); err != nil { // what is left unread would break the connection off
			t.Fatal(err)
		}
		write := c.Write
		if last {
			write = c.WriteLast
		}
		much := make([]byte, 32<<20)
		if err := c.SetWriteDeadline(time.Now().Add(50 * time.Millisecond)); err != nil {
			t.Fatal(err)
		}
		n, err := write(much)
		if !errors.Is(err, os.ErrDeadlineExceeded) || n == 0 || n >= len(much) {
			t.Fatalf("last %v: wrote %d, %v; want a part, and that its time is over", last, n, err)
		}
		if err := c.SetWriteDeadline(time.Time{}); err != nil {
			t.Fatal(err)
		}
		go func() {
			_, _ = write(much[n:])
			_ = c.Close()
		}()
		if got, err := io.Copy(io.Discard, client); got != int64(len(much)) || err != nil {
			t.Errorf("last %v: %d bytes have come, %v; want %d", last, got, err, len(much))
		}
	}
}

// The last answer leaves with the end of the stream, also where the peer has said
// more than was read.
func TestTheLastAnswerLeavesWithTheEnd(t *testing.T) {
	for _, said := range []string{"x", "x and more"} {
		l := listening(t, "127.0.0.1:0")
		client := visit(t, l, said)
		c := accepted(t, l)
		if _, err := io.ReadFull(c, make([]byte, 1)); err != nil {
			t.Fatal(err)
		}
		if n, err := writeLast(c, []byte("answer")); n != len("answer") || err != nil {
			t.Fatalf("wrote %d, %v", n, err)
		}
		if n := unsent(t, c); n != len("answer") {
			t.Errorf("%q: %d bytes are held back", said, n)
		}
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
		b := make([]byte, 100)
		if n, err := client.Read(b); string(b[:n]) != "answer" || err != nil {
			t.Errorf("%q: the peer has read %q, %v", said, b[:n], err)
		}
	}
}

// A connection that may be held back but is written to again is not.
func TestAnswersAreNotHeldBack(t *testing.T) {
	l := listening(t, "127.0.0.1:0")
	client := visit(t, l, "x")
	c := accepted(t, l)
	if _, err := c.WriteLast([]byte("an")); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Write([]byte("swer")); err != nil {
		t.Fatal(err)
	}
	if n := unsent(t, c); n != 0 {
		t.Errorf("%d bytes are held back", n)
	}
	b := make([]byte, len("answer"))
	if _, err := io.ReadFull(client, b); err != nil || string(b) != "answer" {
		t.Errorf("the peer has read %q, %v", b, err)
	}
}

// unsent is how many bytes the kernel has not sent yet.
func unsent(t *testing.T, c *conn) int {
	t.Helper()
	const siocOutQNSD = 0x894b // linux/sockios.h
	n, err := unix.IoctlGetInt(c.fd, siocOutQNSD)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// However a connection has been used, it ends, and gives its descriptor back once.
func TestConnectionsEnd(t *testing.T) {
	for _, watched := range []bool{false, true} {
		l := listening(t, "127.0.0.1:0")
		visit(t, l, "x")
		c := accepted(t, l)
		if watched {
			if _, err := c.watch(); err != nil {
				t.Fatal(err)
			}
		}
		fd := c.fd
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); !errors.Is(err, unix.EBADF) {
			t.Errorf("watched %v: the descriptor is open", watched)
		}
		_, read := c.Read(make([]byte, 1))
		_, write := c.Write([]byte("x"))
		_, last := c.WriteLast([]byte("x"))
		_, watch := c.watch()
		for what, err := range map[string]error{
			"Close": c.Close(), "Read": read, "Write": write, "WriteLast": last, "watch": watch, "SetDeadline": c.SetDeadline(time.Now()),
		} {
			if !errors.Is(err, net.ErrClosed) {
				t.Errorf("watched %v: %s afterwards: %v", watched, what, err)
			}
		}
	}
}

// A peer that breaks off is told from one that has finished.
func TestConnectionsThatBreakOff(t *testing.T) {
	l := listening(t, "127.0.0.1:0")
	client := visit(t, l, "x")
	c := accepted(t, l)
	if _, err := io.ReadFull(c, make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	if err := client.SetLinger(0); err != nil {
		t.Fatal(err)
	}
	if err := client.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Read(make([]byte, 1)); !errors.Is(err, unix.ECONNRESET) {
		t.Errorf("Read: %v", err)
	}
	if _, err := c.Write([]byte("x")); !errors.Is(err, unix.EPIPE) {
		t.Errorf("Write: %v", err)
	}
}

// A read of nothing is over at once, also where another one has waited.
func TestReadingNothingDoesNotWait(t *testing.T) {
	l := listening(t, "127.0.0.1:0")
	visit(t, l, "x")
	c := accepted(t, l)
	one := make([]byte, 1)
	if n, err := c.Read(one); n != 1 || err != nil {
		t.Fatalf("%d, %v", n, err)
	}
	if err := c.SetReadDeadline(time.Now().Add(10 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Read(one); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatalf("nothing has come: %v", err)
	}
	if n, err := c.Read(nil); n != 0 || err != nil {
		t.Fatalf("of nothing: %d, %v", n, err)
	}
}
