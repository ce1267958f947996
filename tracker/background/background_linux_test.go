package background_test

import (
	"runtime"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/waypost/waypost/tracker/background"
)

// Only the thread of the goroutine that enters stands back, and it ends with it.
func TestEnterIsOfOneThread(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	before := niceness(t)
	entered := make(chan int)
	go func() {
		background.Enter()
		entered <- niceness(t)
	}()
	if got := <-entered; got != max(before, 10) {
		t.Errorf("a thread in the background has niceness %d, want 10", got)
	}
	if got := niceness(t); got != before {
		t.Errorf("this thread has niceness %d since, it had %d", got, before)
	}
}

// niceness is that of the calling thread.
func niceness(t *testing.T) int {
	t.Helper()
	p, err := unix.Getpriority(unix.PRIO_PROCESS, 0)
	if err != nil {
		t.Error(err)
	}
	return 20 - p // getpriority(2): the system call returns it so
}
