//go:build !linux

package background

import "runtime"

// Enter does nothing where a thread has no priority of its own.
func Enter() {}

func yield() { runtime.Gosched() }
