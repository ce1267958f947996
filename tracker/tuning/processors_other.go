//go:build !linux

package tuning

// takeTurns has no meaning elsewhere.
func takeTurns() {}
