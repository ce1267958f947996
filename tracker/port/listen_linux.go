package port

import (
	"errors"
	"fmt"
	"net"
	"os"
	"sync/atomic"
	"syscall"

	"golang.org/x/sys/unix"
)

// portOptions are set at the port itself: its connections inherit them (tcp(7) and
// socket(7)), and nothing need be set for each.
var portOptions = []struct{ level, option, value int }{
	{unix.SOL_SOCKET, unix.SO_KEEPALIVE, 1},
	{unix.IPPROTO_TCP, unix.TCP_KEEPIDLE, int(keepAliveIdle.Seconds())},
	{unix.IPPROTO_TCP, unix.TCP_KEEPINTVL, int(keepAliveInterval.Seconds())},
	{unix.IPPROTO_TCP, unix.TCP_KEEPCNT, keepAliveCount},
	{unix.IPPROTO_TCP, unix.TCP_NODELAY, 1},
	// A connection is accepted with its request, which is read at once then. The
	// second is the shortest there is: one that stays silent (a probe that only
	// connects, a browser that connects ahead) is accepted after it.
	{unix.IPPROTO_TCP, unix.TCP_DEFER_ACCEPT, 1},
}

func prepare(config *net.ListenConfig) {
	config.KeepAlive = -1 // the port has set it already
	config.Control = func(_, _ string, raw syscall.RawConn) error {
		var failed error
		err := raw.Control(func(fd uintptr) {
			for _, o := range portOptions {
				failed = errors.Join(failed, unix.SetsockoptInt(int(fd), o.level, o.option, o.value))
			}
		})
		return errors.Join(err, failed)
	}
}

// listener accepts without asking the kernel what is known: net asks each connection
// for its own address, sets an option that it has inherited, and has the poller watch
// it though the request is there.
type listener struct {
	file   *os.File
	raw    syscall.RawConn
	addr   net.Addr
	closed atomic.Bool
}

// takeOver returns a listener for the port of l, which it closes: the port stays open
// by a second descriptor, with which accept can be called.
func takeOver(l net.Listener) (net.Listener, error) {
	file, err := l.(*net.TCPListener).File() // ListenConfig returns no other for tcp
	if err = errors.Join(err, l.Close()); err != nil {
		return nil, fmt.Errorf("preparing port %s: %w", l.Addr(), err)
	}
	raw, err := file.SyscallConn()
	if err != nil {
		return nil, fmt.Errorf("preparing port %s: %w", l.Addr(), errors.Join(err, file.Close()))
	}
	return &listener{file: file, raw: raw, addr: l.Addr()}, nil
}

// Accept returns the next connection.
func (l *listener) Accept() (net.Conn, error) {
	var accepted *conn
	var failed error
	err := l.raw.Read(func(port uintptr) bool {
		accepted, failed = l.next(int(port))
		return !errors.Is(failed, unix.EAGAIN)
	})
	switch {
	case err != nil && l.closed.Load():
		return nil, l.explain(net.ErrClosed)
	case err != nil:
		return nil, l.explain(err)
	case failed != nil:
		return nil, l.explain(failed)
	}
	return accepted, nil
}

// next passes over a signal, and over peers that have gone already.
func (l *listener) next(port int) (*conn, error) {
	for {
		// That of unix asks each connection for its protocol.
		fd, peer, err := syscall.Accept4(port, unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC)
		switch {
		case err == nil:
			return newConn(fd, l.addr, peer), nil
		case !errors.Is(err, unix.EINTR) && !errors.Is(err, unix.ECONNABORTED):
			return nil, os.NewSyscallError("accept4", err)
		}
	}
}

func (l *listener) explain(err error) error {
	return &net.OpError{Op: "accept", Net: l.addr.Network(), Addr: l.addr, Err: err}
}

// Close closes the port; an Accept that waits returns.
func (l *listener) Close() error {
	l.closed.Store(true)
	return l.file.Close()
}

// Addr returns the address of the port.
func (l *listener) Addr() net.Addr { return l.addr }
