package port

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// receive, send and sendHeld (which lets the kernel wait for more) are recv(2) and
// send(2) that return EAGAIN instead of waiting.
// Go's read and write begin by telling its scheduler that the thread may wait, which
// then watches it and looks for another one to go on with; for calls that are over in
// a few microseconds that is a tenth of what a click costs a port that is half busy.

func receive(fd int, b []byte) (int, error) {
	return transfer(unix.SYS_RECVFROM, fd, b, unix.MSG_DONTWAIT)
}

func send(fd int, b []byte) (int, error) {
	return transfer(unix.SYS_SENDTO, fd, b, unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL)
}

func sendHeld(fd int, b []byte) (int, error) {
	return transfer(unix.SYS_SENDTO, fd, b, unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL|unix.MSG_MORE)
}

func transfer(call uintptr, fd int, b []byte, flags uintptr) (int, error) {
	for {
		n, _, errno := unix.RawSyscall6(call, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)), flags, 0, 0)
		switch errno {
		case 0:
			return int(n), nil
		case unix.EINTR:
			continue
		}
		return 0, errno
	}
}
