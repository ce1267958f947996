// Package port is the public HTTP port: it opens a TCP port and serves it until a
// context ends. Serve is the whole of it for a caller; a handler of fasthttp answers.
//
// A connection takes one of two ways. An event loop watches many connections in one
// goroutine with epoll(7), as nginx does. A request that is plain and never waits
// (Options.Inline) is parsed by fasthttp's parser and answered in the loop. Every other
// request is handed with its connection to fasthttp's own server, one goroutine each.
// That server gives the connection back after the answer.
//
//	accept → first request → plain: answer, loop watches the connection
//	                       → other: fasthttp's server → answer → loop
//
// A goroutine for each connection costs a click two switches between goroutines, a read
// that finds nothing and three readings of the clock. The answers of one round of the
// loop leave together, so a client of many connections wakes once. Connections of Listen
// are read and written by system calls around which the Go scheduler does nothing.
//
// The invariants: each request is answered once, in the order of its connection. A
// connection is in one place at a time: in a loop, or with its owner. Bounds (open
// connections, those of one peer, time to read, write and idle) hold in both places.
// Close answers the requests that are there before it ends.
//
// Options.Plain serves by fasthttp alone. What the loop is worth, and why it is written
// here, is in docs/decisions/0007-event-loop.md.
package port
