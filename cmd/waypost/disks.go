package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/go-logr/logr"
)

// leastRoom is the room below which a disk is full: about what a moment of traffic takes.
const leastRoom = 1 << 20

// disksInterval is how often full disks are looked for, to be logged.
const disksInterval = 10 * time.Second

// disk is the state of a file system.
type disk struct {
	free     uint64 // bytes for this user
	files    bool   // more files can be made
	readOnly bool
}

// place is a directory that a process writes to.
type place struct {
	dir, flag string
	// suffers is what stands still while it cannot be written.
	suffers string
	// later is whether it is made when it is first written.
	later bool
}

// disks are what a process writes to. A full one shows where nothing is written, as at a
// start; the parts that write report their own failures.
type disks struct {
	places []place
	stat   func(dir string) (disk, error)
}

// databasePlace is where a ledger's database is, none for a server's.
func databasePlace(target string) []place {
	if strings.Contains(target, "://") {
		return nil
	}
	return []place{{dir: filepath.Dir(strings.TrimPrefix(target, "sqlite:")), flag: "--database", suffers: "the books stand still, and postbacks are answered as queued"}}
}

// spoolPlace is where a tracker's spool is, none without.
func spoolPlace(file string) []place {
	if file == "" {
		return nil
	}
	return []place{{dir: filepath.Dir(file), flag: "--spool", suffers: "clicks that the journal does not take wait in memory alone"}}
}

// newDisks returns those of some places; a nil stat asks the kernel.
func newDisks(stat func(string) (disk, error), places ...[]place) *disks {
	d := &disks{stat: stat}
	if stat == nil {
		d.stat = statDisk
	}
	for _, more := range places {
		d.places = append(d.places, more...)
	}
	return d
}

// ready reports whether all of them can be written, and else what to do about the first.
func (d *disks) ready() (ok bool, problem string) {
	for _, p := range d.places {
		if what, todo := d.problem(p); what != "" {
			return false, fmt.Sprintf("the directory %s (%s) %s: %s. %s", p.dir, p.flag, what, p.suffers, todo)
		}
	}
	return true, ""
}

// problem returns what is wrong with a place, "" for nothing, and what to do.
func (d *disks) problem(p place) (what, todo string) {
	const goesOn = ", and it goes on by itself"
	at, err := d.stat(p.dir)
	switch {
	case errors.Is(err, fs.ErrNotExist) && p.later:
	case errors.Is(err, fs.ErrNotExist):
		return "is gone", "Restore it and start again: what is open in it is lost with the process"
	case err != nil:
		return "cannot be looked at (" + err.Error() + ")", "Mend that" + goesOn
	case at.readOnly:
		return "is on a read-only file system", "Make it writable" + goesOn
	case at.free < leastRoom:
		return fmt.Sprintf("is on a full disk, %d KiB are left", at.free>>10), "Give it room" + goesOn
	case !at.files:
		return "is on a disk without room for more files", "Remove files (inodes)" + goesOn
	}
	return "", ""
}

// watch logs each problem when it begins and ends.
func (d *disks) watch(log logr.Logger) task {
	return func(ctx context.Context) error {
		ticker := time.NewTicker(disksInterval)
		defer ticker.Stop()
		for before := ""; ; {
			_, problem := d.ready()
			switch {
			case problem != "" && before == "":
				log.Error(nil, problem)
			case problem == "" && before != "":
				log.Info("the disks have room again")
			}
			before = problem
			select {
			case <-ctx.Done():
				return nil
			case <-ticker.C:
			}
		}
	}
}

// statDisk asks the kernel. Root may use what a file system keeps back.
func statDisk(dir string) (disk, error) {
	var at syscall.Statfs_t
	if err := syscall.Statfs(dir, &at); err != nil {
		return disk{}, &fs.PathError{Op: "statfs", Path: dir, Err: err}
	}
	free := at.Bavail
	if os.Geteuid() == 0 {
		free = at.Bfree
	}
	return disk{
		free:     free * uint64(at.Frsize),
		files:    at.Ffree > 0 || at.Files == 0, // some have no limit
		readOnly: at.Flags&syscall.MS_RDONLY != 0,
	}, nil
}
