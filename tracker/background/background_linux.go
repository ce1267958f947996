package background

import (
	"runtime"
	"syscall"
)

// nice is how far a thread in the background stands behind the ones that answer
// visitors: on a busy core it gets a tenth.
const nice = 10

// Enter makes the calling goroutine work when the core has nothing better to do. It
// lasts as long as the goroutine, whose thread ends with it: the thread is never
// unlocked, so it serves nothing else. Where the kernel denies it, which no known
// system does, the goroutine goes on as it is.
func Enter() {
	runtime.LockOSThread()
	_ = syscall.Setpriority(syscall.PRIO_PROCESS, 0, nice) // of this thread alone, in Linux
}

// yield gives the core to a thread that waits for it. It bypasses the scheduler of Go,
// which would take the moment for a wait, and begin another thread.
func yield() { _, _, _ = syscall.RawSyscall(syscall.SYS_SCHED_YIELD, 0, 0, 0) }
