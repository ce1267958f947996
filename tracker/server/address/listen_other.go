//go:build !linux

package address

import "net"

// inheritKeepAlive has Go set keep-alive with every connection.
func inheritKeepAlive(config *net.ListenConfig) {
	config.KeepAliveConfig = net.KeepAliveConfig{
		Enable: true, Idle: keepAliveIdle, Interval: keepAliveInterval, Count: keepAliveCount,
	}
}
