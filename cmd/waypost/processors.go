package main

import (
	"os"
	"runtime"
)

// tuneProcessors lets two threads run Go code at a time even where there is one
// core: what waits for a disk, as the journal's sync does, otherwise keeps the only
// place until the runtime notices, and answers wait up to 10 ms. With two it is the
// kernel that decides, and it is asked not to interrupt one for the other.
// GOMAXPROCS decides when it is set.
func tuneProcessors() {
	if os.Getenv("GOMAXPROCS") != "" {
		return
	}
	runtime.GOMAXPROCS(max(runtime.GOMAXPROCS(0), 2))
	if runtime.NumCPU() == 1 {
		takeTurns()
	}
}
