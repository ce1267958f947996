package port

import (
	"errors"
	"io"
	"net"
	"testing"

	"golang.org/x/sys/unix"
)

// Who watches a connection himself reads and writes without waiting.
func TestDirectDoesNotWait(t *testing.T) {
	l := listening(t, "127.0.0.1:0")
	client := visit(t, l, "first")
	d := connOf(accepted(t, l))
	b := make([]byte, 100)
	if n, err := d.ReadNow(b); string(b[:n]) != "first" || err != nil {
		t.Fatalf("read %q, %v", b[:n], err)
	}
	if n, err := d.ReadNow(b); n != 0 || !errors.Is(err, errWouldWait) {
		t.Fatalf("read %d of nothing, %v", n, err)
	}
	if n, err := d.WriteNow([]byte("answer"), false); n != len("answer") || err != nil {
		t.Fatalf("wrote %d, %v", n, err)
	}
	if _, err := io.ReadFull(client, b[:len("answer")]); err != nil {
		t.Fatal(err)
	}
	much := make([]byte, 32<<20)
	n, err := d.WriteNow(much, false)
	if n == 0 || n >= len(much) || !errors.Is(err, errWouldWait) {
		t.Fatalf("wrote %d of much, %v", n, err)
	}
	if err := client.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if err := waitReadable(d); err != nil {
		t.Fatal(err)
	}
	if n, err := d.ReadNow(b); n != 0 || !errors.Is(err, io.EOF) {
		t.Fatalf("read %d at the end, %v", n, err)
	}
}

// waitReadable waits for something to read, or the end.
func waitReadable(d Conn) error {
	fd, err := d.Descriptor()
	if err != nil {
		return err
	}
	_, err = unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, 10_000)
	return err
}

// What is written as the last waits for Close.
func TestDirectHoldsTheLastBack(t *testing.T) {
	l := listening(t, "127.0.0.1:0")
	client := visit(t, l, "x")
	c := accepted(t, l)
	if n, err := c.WriteNow([]byte("answer"), true); n != len("answer") || err != nil {
		t.Fatalf("wrote %d, %v", n, err)
	}
	if n := unsent(t, c); n != len("answer") {
		t.Errorf("%d bytes are held back", n)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(client); string(got) != "answer" || err != nil {
		t.Errorf("the peer has read %q, %v", got, err)
	}
}

// A connection that Go's poller has had goes on with another descriptor, and back.
func TestDirectLeavesThePoller(t *testing.T) {
	l := listening(t, "127.0.0.1:0")
	client := visit(t, l, "x")
	c := accepted(t, l)
	first, err := c.Descriptor()
	if err != nil || first != c.fd {
		t.Fatalf("descriptor %d, %v; want its own, %d", first, err, c.fd)
	}
	for range 3 {
		if _, err := c.watch(); err != nil {
			t.Fatal(err)
		}
		watched := c.fd
		fd, err := c.Descriptor()
		if err != nil || fd == watched || c.watched.Load() != nil {
			t.Fatalf("descriptor %d, %v, watched %v; want another one than %d, that is not", fd, err, c.watched.Load(), watched)
		}
		if _, err := unix.FcntlInt(uintptr(watched), unix.F_GETFD, 0); !errors.Is(err, unix.EBADF) {
			t.Errorf("descriptor %d is open", watched)
		}
		if _, err := client.Write([]byte("more")); err != nil {
			t.Fatal(err)
		}
		if err := waitReadable(c); err != nil {
			t.Fatal(err)
		}
		if n, err := c.ReadNow(make([]byte, 100)); n == 0 || err != nil {
			t.Fatalf("read %d, %v", n, err)
		}
	}
	last := c.fd
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := unix.FcntlInt(uintptr(last), unix.F_GETFD, 0); !errors.Is(err, unix.EBADF) {
		t.Error("the descriptor is open after Close")
	}
	_, read := c.ReadNow(make([]byte, 1))
	_, write := c.WriteNow([]byte("x"), false)
	_, descriptor := c.Descriptor()
	for what, err := range map[string]error{"ReadNow": read, "WriteNow": write, "Descriptor": descriptor} {
		if !errors.Is(err, net.ErrClosed) {
			t.Errorf("%s afterwards: %v", what, err)
		}
	}
}

// The limit of connections does not hide what they can do; other wrappers do.
func TestDirectOf(t *testing.T) {
	c := &conn{}
	for _, tc := range []struct {
		name string
		of   net.Conn
		want bool
	}{
		{"a connection of Listen", c, true},
		{"one that is counted", &countedConn{Conn: c}, true},
		{"one of net", &net.TCPConn{}, false},
		{"one of net that is counted", &countedConn{Conn: &net.TCPConn{}}, false},
	} {
		if got := connOf(tc.of); (got != nil) != tc.want {
			t.Errorf("%s: %v", tc.name, got)
		}
	}
}
