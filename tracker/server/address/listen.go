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

// Listen opens a TCP port whose connections are kept alive. It does not offer
// multipath TCP, as web servers do not: a visit is over before a phone changes its
// network, and every connection would pay for it.
func Listen(ctx context.Context, address string) (net.Listener, error) {
	config := net.ListenConfig{}
	config.SetMultipathTCP(false)
	inheritKeepAlive(&config)
	return config.Listen(ctx, "tcp", address)
}
