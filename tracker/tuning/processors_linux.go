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
// requests; each time the kernel would switch to it at once. Without this and
// fewestThreads the p99 of clicks on one core is 18 ms instead of 3.4 (measured). A
// kernel or sandbox that refuses leaves things as they were: slower, and right.
func takeTurns() {
	var priority struct{ value int32 }
	_, _, _ = syscall.AllThreadsSyscall(syscall.SYS_SCHED_SETSCHEDULER, 0, schedBatch, uintptr(unsafe.Pointer(&priority)))
}
