package address

import (
	"context"
	"net"
	"time"
)

// How an idle connection is found to be dead: after so long without a word it is
// asked, so often, until so many questions stay unanswered. These are Go's defaults.
const (
	keepAliveIdle     = 15 * time.Second
	keepAliveInterval = 15 * time.Second
	keepAliveCount    = 9
)

// Listen opens a TCP port whose connections are kept alive. On Linux it accepts them
// when they have sent something, or after about a second, and they cost less than
// those of net. It does not offer multipath TCP, as web servers do not: a visit is
// over before a phone changes its network, and every connection would pay for it.
func Listen(ctx context.Context, address string) (net.Listener, error) {
	config := net.ListenConfig{}
	config.SetMultipathTCP(false)
	prepare(&config)
	l, err := config.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	return takeOver(l)
}

// WriteLast writes what c says before it is closed. It may wait for Close, where a
// connection of Listen sends it together with the end of the stream.
func WriteLast(c net.Conn, b []byte) (int, error) {
	if c, ok := c.(interface{ WriteLast([]byte) (int, error) }); ok {
		return c.WriteLast(b)
	}
	return c.Write(b)
}
