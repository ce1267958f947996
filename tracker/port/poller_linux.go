package port

import (
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// atOnce is how many connections are served in one round: the last of them waits for
// all the others.
const atOnce = 128

// poller watches connections with epoll(7). The descriptor of epoll is itself in the
// care of Go's poller: a goroutine waits for it, not a thread.
type poller struct {
	file   *os.File
	raw    syscall.RawConn
	fd     int
	events [atOnce]unix.EpollEvent
}

func newPoller() (*poller, error) {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("preparing to watch connections: %w", os.NewSyscallError("epoll_create1", err))
	}
	err = unix.SetNonblock(fd, true) // only then does Go's poller take it
	file := os.NewFile(uintptr(fd), "epoll")
	raw, failed := file.SyscallConn()
	if err = errors.Join(err, failed); err != nil {
		return nil, fmt.Errorf("preparing to watch connections: %w", errors.Join(err, file.Close()))
	}
	return &poller{file: file, raw: raw, fd: fd}, nil
}

// wakeAt sets when wait returns at the latest, with os.ErrDeadlineExceeded.
func (p *poller) wakeAt(t time.Time) error {
	if err := p.file.SetReadDeadline(t); err != nil {
		return fmt.Errorf("watching connections: %w", err)
	}
	return nil
}

// wait calls serve at once and whenever a connection becomes ready, until serve returns
// true.
func (p *poller) wait(serve func() (leave bool)) error {
	return p.raw.Read(func(uintptr) bool { return serve() }) // the caller compares it
}

// now returns the connections that have become ready since it was asked last. They
// are in memory of ready.
func (p *poller) now(ready []event) ([]event, error) {
	ready = ready[:0]
	n, err := p.waitNow()
	for errors.Is(err, unix.EINTR) {
		n, err = p.waitNow()
	}
	if err != nil {
		return ready, fmt.Errorf("watching connections: %w", os.NewSyscallError("epoll_pwait", err))
	}
	for _, ev := range p.events[:n] {
		const more = unix.EPOLLRDHUP | unix.EPOLLHUP | unix.EPOLLERR | unix.EPOLLPRI
		ready = append(ready, event{fd: int(ev.Fd), more: ev.Events&more != 0})
	}
	return ready, nil
}

// waitNow is epoll_wait(2) that does not wait, so Go's scheduler is not told of the call.
func (p *poller) waitNow() (int, error) {
	n, _, errno := unix.RawSyscall6(unix.SYS_EPOLL_PWAIT, uintptr(p.fd), uintptr(unsafe.Pointer(&p.events)), atOnce, 0, 0, 0)
	if errno != 0 {
		return 0, errno
	}
	return int(n), nil
}

// add watches a connection from now on; if it is ready, that is reported as well.
func (p *poller) add(fd int) error {
	ev := unix.EpollEvent{Events: unix.EPOLLIN | unix.EPOLLPRI | unix.EPOLLRDHUP | unix.EPOLLET, Fd: int32(fd)}
	if err := unix.EpollCtl(p.fd, unix.EPOLL_CTL_ADD, fd, &ev); err != nil {
		return fmt.Errorf("watching a connection: %w", os.NewSyscallError("epoll_ctl", err))
	}
	return nil
}

// remove ends it. It cannot fail for a descriptor that is watched.
func (p *poller) remove(fd int) { _ = unix.EpollCtl(p.fd, unix.EPOLL_CTL_DEL, fd, nil) }

// close is for when wait has returned.
func (p *poller) close() error { return p.file.Close() }
