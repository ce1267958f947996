//go:build !linux

package port

import "net"

// prepare has Go set keep-alive with every connection.
func prepare(config *net.ListenConfig) {
	config.KeepAliveConfig = net.KeepAliveConfig{
		Enable: true, Idle: keepAliveIdle, Interval: keepAliveInterval, Count: keepAliveCount,
	}
}

// takeOver leaves l as it is.
func takeOver(l net.Listener) (net.Listener, error) { return l, nil }
