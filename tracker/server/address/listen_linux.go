package address

import (
	"errors"
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// inheritKeepAlive sets keep-alive at the port itself: its connections inherit it
// (tcp(7) and socket(7)), and Go need not make four calls for each of them, which is
// a twentieth of what a visitor with a new connection costs.
func inheritKeepAlive(config *net.ListenConfig) {
	config.KeepAlive = -1 // Go shall leave the connections alone
	config.Control = func(_, _ string, raw syscall.RawConn) error {
		var failed error
		err := raw.Control(func(fd uintptr) {
			failed = errors.Join(
				unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_KEEPALIVE, 1),
				unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_KEEPIDLE, int(keepAliveIdle.Seconds())),
				unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_KEEPINTVL, int(keepAliveInterval.Seconds())),
				unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_KEEPCNT, keepAliveCount),
			)
		})
		return errors.Join(err, failed)
	}
}
