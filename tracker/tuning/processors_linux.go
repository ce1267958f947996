package tuning

import (
	"syscall"
	"unsafe"
)

// schedBatch is SCHED_BATCH of sched(7): a thread that wakes does not take the core
// from the one that runs; it comes when that one waits or its slice is over.
const schedBatch = 3

// takeTurns makes all threads, and those that they start, leave the core to each
// other only when they wait. The runtime wakes a second thread for every few
// requests; each time the kernel would switch to it at once costs a click an eighth
// of its CPU. A kernel or sandbox that refuses leaves things as they were: slower,
// and right.
func takeTurns() {
	var priority struct{ value int32 }
	_, _, _ = syscall.AllThreadsSyscall(syscall.SYS_SCHED_SETSCHEDULER, 0, schedBatch, uintptr(unsafe.Pointer(&priority)))
}
