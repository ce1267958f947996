//go:build !cgo

// AllThreadsSyscall does not reach the threads of C, which there are under -race.

package tuning

import (
	"errors"
	"path/filepath"
	"strconv"
	"testing"

	"golang.org/x/sys/unix"
)

// Every thread of the process takes turns afterwards, those that run already too.
func TestTakeTurnsIsOfAllThreads(t *testing.T) {
	takeTurns()
	threads, err := filepath.Glob("/proc/self/task/*")
	if err != nil || len(threads) < 2 {
		t.Fatalf("threads of this process: %v, %v; want several", threads, err)
	}
	for _, thread := range threads {
		id, err := strconv.Atoi(filepath.Base(thread))
		if err != nil {
			t.Fatal(err)
		}
		policy, err := unix.SchedGetAttr(id, 0)
		if errors.Is(err, unix.ESRCH) {
			continue // it ended since
		}
		if err != nil {
			t.Fatalf("the policy of thread %d: %v", id, err)
		}
		if policy.Policy != schedBatch {
			t.Errorf("thread %d has policy %d, want %d", id, policy.Policy, schedBatch)
		}
	}
}
