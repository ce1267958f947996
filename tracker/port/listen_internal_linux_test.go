package port

import (
	"errors"
	"io"
	"net"
	"testing"

	"golang.org/x/net/nettest"
	"golang.org/x/sys/unix"
)

// listening opens a port as Listen does.
func listening(t *testing.T, address string) net.Listener {
	t.Helper()
	l, err := Listen(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

// visit connects to l and sends what is said.
func visit(t *testing.T, l net.Listener, said string) *net.TCPConn {
	t.Helper()
	client, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	if _, err := client.Write([]byte(said)); err != nil {
		t.Fatal(err)
	}
	return client.(*net.TCPConn)
}

// accepted is the next connection of l.
func accepted(t *testing.T, l net.Listener) *conn {
	t.Helper()
	c, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c.(*conn)
}

// A connection of the port is kept alive, and its answers are not held back.
func TestListenKeepsConnectionsAlive(t *testing.T) {
	l := listening(t, "127.0.0.1:0")
	visit(t, l, "x")
	c := accepted(t, l)
	for _, o := range []struct {
		name                string
		level, option, want int
	}{
		{"SO_KEEPALIVE", unix.SOL_SOCKET, unix.SO_KEEPALIVE, 1},
		{"TCP_KEEPIDLE", unix.IPPROTO_TCP, unix.TCP_KEEPIDLE, 15},
		{"TCP_KEEPINTVL", unix.IPPROTO_TCP, unix.TCP_KEEPINTVL, 15},
		{"TCP_KEEPCNT", unix.IPPROTO_TCP, unix.TCP_KEEPCNT, 9},
		{"TCP_NODELAY", unix.IPPROTO_TCP, unix.TCP_NODELAY, 1},
	} {
		if got, err := unix.GetsockoptInt(c.fd, o.level, o.option); err != nil || got != o.want {
			t.Errorf("%s is %d (%v), want %d", o.name, got, err, o.want)
		}
	}
	if flags, err := unix.FcntlInt(uintptr(c.fd), unix.F_GETFD, 0); err != nil || flags&unix.FD_CLOEXEC == 0 {
		t.Errorf("flags %x, %v: programs that are started would inherit it", flags, err)
	}
}

// Whoever has said something is accepted before those who connected earlier and are
// silent; they are accepted as well.
func TestListenAcceptsWhoHasSaidSomething(t *testing.T) {
	l := listening(t, "127.0.0.1:0")
	silent := visit(t, l, "")
	speaking := visit(t, l, "x")
	for _, client := range []net.Conn{speaking, silent} {
		if got := accepted(t, l).RemoteAddr().String(); got != client.LocalAddr().String() {
			t.Errorf("accepted %s, want %s", got, client.LocalAddr())
		}
	}
}

// A probe that only connects finds an open port, and costs nothing afterwards.
func TestListenAcceptsProbes(t *testing.T) {
	l := listening(t, "127.0.0.1:0")
	if err := visit(t, l, "").Close(); err != nil {
		t.Fatal(err)
	}
	if n, err := accepted(t, l).Read(make([]byte, 1)); n != 0 || !errors.Is(err, io.EOF) {
		t.Errorf("%d, %v; want the end", n, err)
	}
}

func TestConnectionsSayWhoseTheyAre(t *testing.T) {
	addresses := []string{"127.0.0.1:0"}
	if nettest.SupportsIPv6() {
		addresses = append(addresses, "[::1]:0")
	}
	for _, address := range addresses {
		l := listening(t, address)
		client := visit(t, l, "x")
		c := accepted(t, l)
		if c.RemoteAddr().String() != client.LocalAddr().String() || c.LocalAddr().String() != client.RemoteAddr().String() {
			t.Errorf("%s to %s, want %s to %s", c.RemoteAddr(), c.LocalAddr(), client.LocalAddr(), client.RemoteAddr())
		}
	}
}

// Visitors by v4 of a port for both are known by their v4 address.
func TestConnectionsOfAPortForBothVersions(t *testing.T) {
	l := listening(t, ":0")
	client, err := net.Dial("tcp4", net.JoinHostPort("127.0.0.1", port(t, l)))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Close() }()
	if _, err := client.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	remote := accepted(t, l).RemoteAddr().(*net.TCPAddr)
	if got := remote.IP.String(); got != "127.0.0.1" {
		t.Errorf("the peer is %s", got)
	}
}

func port(t *testing.T, l net.Listener) string {
	t.Helper()
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

func TestListenersEnd(t *testing.T) {
	l := listening(t, "127.0.0.1:0")
	done := make(chan error)
	go func() {
		_, err := l.Accept()
		done <- err
	}()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-done; !errors.Is(err, net.ErrClosed) {
		t.Errorf("Accept: %v", err)
	}
	if _, err := net.Dial("tcp", l.Addr().String()); !errors.Is(err, unix.ECONNREFUSED) {
		t.Errorf("the port is not closed: %v", err)
	}
}

func TestListenSaysThatAPortIsTaken(t *testing.T) {
	l := listening(t, "127.0.0.1:0")
	if _, err := Listen(t.Context(), l.Addr().String()); !errors.Is(err, unix.EADDRINUSE) {
		t.Errorf("Listen: %v", err)
	}
}
