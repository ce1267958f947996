package port

import (
	"context"
	"net"
	"time"
)

// How an idle connection is found to be dead: it is probed after so long, so often, until
// so many probes stay unanswered. These are Go's defaults.
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

// ListenPlain is Listen with connections of net, for Options.Plain.
func ListenPlain(ctx context.Context, address string) (net.Listener, error) {
	config := net.ListenConfig{}
	config.SetMultipathTCP(false)
	return config.Listen(ctx, "tcp", address)
}

// writeLast writes what comes before Close. It may wait for Close, where a
// connection of Listen sends it together with the end of the stream.
func writeLast(c net.Conn, b []byte) (int, error) {
	if c, ok := c.(interface{ WriteLast([]byte) (int, error) }); ok {
		return c.WriteLast(b)
	}
	return c.Write(b)
}
