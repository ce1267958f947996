package tuning

import (
	"os"
	"runtime"
)

// fewestThreads run Go code at a time even where there is one core. One answers. One may
// wait for a disk, as the journal's sync does: with the only place it would hold up
// answers for up to 10 ms, until the runtime notices. One makes the next snapshot and
// keeps its place while it gives way.
const fewestThreads = 3

// tuneProcessors lets the kernel decide on one core between the threads that answer
// and those that wait or work behind them, and asks it not to interrupt one for
// another. GOMAXPROCS decides when it is set. It returns how many cores Go has found.
func tuneProcessors() (cores int) {
	cores = runtime.GOMAXPROCS(0)
	if os.Getenv("GOMAXPROCS") != "" {
		return cores
	}
	runtime.GOMAXPROCS(max(cores, fewestThreads))
	if runtime.NumCPU() == 1 {
		takeTurns()
	}
	return cores
}
