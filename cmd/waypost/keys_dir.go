package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/waypost/waypost/api/seal"
)

// keyDir keeps the ring in a directory, in the file that a mounted Secret would show.
// Commands on it exclude each other by flock(2), for which the directory must be on a
// file system that has locks.
type keyDir string

// lockFile is locked by the one process that changes the keys beside it. It is never
// removed: a process that waits for the lock of a removed file would not exclude later
// ones.
const lockFile = "." + seal.FileName + ".lock"

// lockPause is how often a lock that another process has is tried again.
const lockPause = 5 * time.Millisecond

// alone holds a lock while the command runs. The kernel drops it with the process,
// however that ends, so there is no stale lock to remove. The lock is polled for, because
// a blocking flock could not be given up when ctx ends.
func (d keyDir) alone(ctx context.Context, command func() error) error {
	if err := os.MkdirAll(string(d), 0o700); err != nil {
		return fmt.Errorf("making the directory for the sealing keys: %w", err)
	}
	f, err := os.OpenFile(filepath.Join(string(d), lockFile), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("locking the sealing keys: %w", err)
	}
	defer func() { _ = f.Close() }() // unlocks it
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return command()
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR) {
			return fmt.Errorf("locking the sealing keys (%s): %w", f.Name(), err)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting for another command that changes the sealing keys: %w", ctx.Err())
		case <-time.After(lockPause):
		}
	}
}

// init makes the ring where nothing shows that there was one. The journal and the
// database that it looks for are those that serve has in the same directory.
func (d keyDir) init(ctx context.Context, accepted string) (*seal.Keyring, error) {
	ring, err := d.load(ctx)
	if !errors.Is(err, fs.ErrNotExist) {
		return ring, err
	}
	if err := permitKeys(ctx, string(d), filepath.Join(string(d), "ledger.db"), accepted); err != nil {
		return nil, err
	}
	return seal.LoadOrCreateDir(string(d), time.Now())
}

// load reads the ring. An error about a missing file has the command that makes one.
func (d keyDir) load(context.Context) (*seal.Keyring, error) {
	if _, err := os.Stat(filepath.Join(string(d), seal.FileName)); err != nil {
		return nil, fmt.Errorf("no sealing keys in %s (waypost keys init makes some): %w", d, err)
	}
	return d.read()
}

// read reads the ring, and adds to the error what is to be done about a file that is
// there and holds no keys. Such a file is never replaced: it may be mended.
func (d keyDir) read() (*seal.Keyring, error) {
	ring, err := seal.LoadDir(string(d))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w; restore %s from its copy, or move it away and start again: then others are made only where none were used, or with the code of that loss", err, seal.FileName)
	}
	return ring, err
}

// save replaces the file as a whole; the lock of alone keeps other changes off.
func (d keyDir) save(_ context.Context, ring *seal.Keyring) error {
	return seal.SaveDir(string(d), ring)
}

// keep copies the file to one beside it, whose name ends with the time.
func (d keyDir) keep(_ context.Context, now time.Time) (string, error) {
	return seal.KeepDir(string(d), now)
}

// mountedKeys reads the keys of a cluster installation, for the part that has them in
// --keys, and names what is to be done where there are none to be read.
func mountedKeys(dir string) (*seal.Keyring, error) {
	ring, err := seal.LoadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("%w; mount the installation's Secret there (--keys), or, where it is mounted, restore it from its copy (waypost keys list --secret NAMESPACE/NAME names what is wrong with it)", err)
	}
	return ring, nil
}
