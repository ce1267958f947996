//go:build !linux

package live

// inBackground does nothing where a thread has no priority of its own.
func inBackground() {}
