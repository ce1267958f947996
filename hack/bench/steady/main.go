package steady

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"sync"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Main returns at once in a program that was started by its user, and does not return in
// one that Start has started.
func Main() {
	if len(os.Args) != 3 || os.Args[1] != argument {
		return
	}
	core, err := strconv.Atoi(os.Args[2])
	if err == nil {
		err = watch(core)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "watching core %s: %v\n", os.Args[2], err)
		os.Exit(1)
	}
	os.Exit(0)
}

// watch answers each line that comes in with the pace since the last.
func watch(core int) error {
	runtime.GOMAXPROCS(2) // the thread that looks keeps one of them
	var mu sync.Mutex
	var looks []look
	failed := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		if err := first(core); err != nil {
			failed <- err
			return
		}
		close(failed)
		pause := unix.NsecToTimespec(every.Nanoseconds())
		for {
			began := time.Now()
			_ = unix.ClockNanosleep(unix.CLOCK_MONOTONIC, 0, &pause, nil) // a signal may cut it short
			l := look{late: time.Since(began) - every, took: work()}
			mu.Lock()
			looks = append(looks, l)
			mu.Unlock()
		}
	}()
	if err := <-failed; err != nil {
		return err
	}
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		mu.Lock()
		since := looks
		looks = nil
		mu.Unlock()
		p := paceOf(since)
		if _, err := fmt.Println(p.Typical.Nanoseconds(), p.Mean.Nanoseconds()); err != nil {
			return err
		}
	}
	return nil
}

// first puts this thread on a core, before all others that run there.
func first(core int) error {
	var only unix.CPUSet
	only.Set(core)
	if err := unix.SchedSetaffinity(0, &only); err != nil {
		return fmt.Errorf("staying on the core: %w", err)
	}
	attr := unix.SchedAttr{Size: uint32(unsafe.Sizeof(unix.SchedAttr{})), Policy: unix.SCHED_FIFO, Priority: 1}
	if err := unix.SchedSetAttr(0, &attr, 0); err != nil {
		return fmt.Errorf("real-time scheduling (CAP_SYS_NICE): %w", err)
	}
	return nil
}
