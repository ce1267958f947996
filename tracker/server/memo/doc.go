// Package memo remembers the results of pure functions in a fixed number of
// slots: look-ups are lock-free and allocate nothing, memory never grows, and a
// collision merely costs a second calculation.
//
// The server keeps parsed user agents, merged deep links and the decisions for
// (offer, partner) pairs in it.
package memo
