//go:build !linux

package main

// takeTurns has no meaning elsewhere.
func takeTurns() {}
