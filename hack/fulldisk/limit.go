// Package fulldisk makes the disk of a test's process full.
package fulldisk

import (
	"os/signal"
	"syscall"
	"testing"
)

// Limit makes writes of this process beyond size bytes of a file fail ("file too large"),
// as those to a full disk do, until the returned function is called or the test ends. It
// needs no rights and no file system of its own.
func Limit(t testing.TB, size uint64) (restore func()) {
	t.Helper()
	signal.Ignore(syscall.SIGXFSZ)
	var before syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &before); err != nil {
		t.Fatal(err)
	}
	after := before
	after.Cur = size
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &after); err != nil {
		t.Fatal(err)
	}
	restore = func() { _ = syscall.Setrlimit(syscall.RLIMIT_FSIZE, &before) }
	t.Cleanup(restore)
	return restore
}
