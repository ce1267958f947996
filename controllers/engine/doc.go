// Package engine is the operator's event loop: one goroutine that takes changed
// objects to the compiler, its records to the publisher, the trackers'
// acknowledgements to the statuses, and holds or pins where people must decide.
//
// Everything it decides, it decides in that goroutine; requests to the API
// server and to trackers run beside it, at most one publication at a time. The
// parts it connects are controllers/compile, debounce, guard, publish, acks,
// secrets and status; controllers starts it under leader election.
package engine
