// Package steady reports whether the cores kept their pace while something was measured.
//
// A virtual machine shares its host. One that is slowed for some tens of milliseconds
// in every second, to a tenth of its pace and without a trace in its own accounts of
// stolen time, shows every server a p99 of that length: the figure is the host's. And
// a neighbour on the same physical core takes up to half of what it can do for seconds.
// So while answer times are taken a program of its own looks each millisecond, before
// all others on the core, how long a fixed piece of work takes.
//
// That program is the benchmark itself, started again with an argument (Main, Start). It
// runs with real-time priority on the core that it watches, sleeps, works for some 15 µs
// and notes how long that took: about 2 % of the core. A line on its standard input is
// answered with the pace since the last one. What the figures are compared with is the
// pace at the time at which the server's maximum was found (Against).
package steady
