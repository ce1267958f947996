package live

import (
	"runtime"
	"syscall"
)

// backgroundNice is how far a thread that reads manifests stands behind the ones
// that answer visitors: on a busy core it gets a tenth.
const backgroundNice = 10

// inBackground makes the calling goroutine work when the core has nothing better to
// do. It lasts as long as the goroutine, whose thread ends with it: the thread is
// never unlocked, so it serves nothing else. Without the right to do so, which
// nobody is known to lack, the goroutine goes on as it is.
func inBackground() {
	runtime.LockOSThread()
	_ = syscall.Setpriority(syscall.PRIO_PROCESS, 0, backgroundNice) // of this thread alone, in Linux
}
