// Package eventloop answers requests that need not wait, many connections in one
// goroutine, as nginx does; whatever else comes it gives out as an ordinary listener
// does, and takes the connection back afterwards.
//
// A goroutine for each connection costs a click two switches between goroutines, a
// read that finds nothing, and three readings of the clock; and each answer wakes its
// reader alone, where those of one round leave together. It is a fifth of the
// whole. The package knows nothing of HTTP: an Answer makes bytes of bytes.
package eventloop
