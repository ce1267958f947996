// Package tuning sets the Go runtime for a process that answers visitors: how much
// garbage may lie about, when it is collected, and how many threads run Go code.
//
// The figures behind it are in docs/decisions/0007-event-loop.md. The environment
// variables GOGC and GOMAXPROCS each leave their part to Go.
package tuning

// Apply tunes this process, once, at its start.
func Apply() { tuneMemory(tuneProcessors()) }
