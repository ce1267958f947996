package seal

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// FileName is the file (and the key of the Secret) that holds the ring.
const FileName = "sealing-keys.json"

// LoadDir reads the ring from FileName in dir, which is a directory of
// `waypost serve` or a mounted Secret.
func LoadDir(dir string) (*Keyring, error) {
	data, err := os.ReadFile(filepath.Join(dir, FileName))
	if err != nil {
		return nil, fmt.Errorf("reading sealing keys: %w", err)
	}
	ring, err := Parse(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Join(dir, FileName), err)
	}
	return ring, nil
}

// LoadOrCreateDir is LoadDir for `waypost serve`: where there is no file yet it
// makes a ring and keeps it, mode 0600.
func LoadOrCreateDir(dir string, now time.Time) (*Keyring, error) {
	ring, err := LoadDir(dir)
	if !errors.Is(err, fs.ErrNotExist) {
		return ring, err
	}
	if ring, err = New(now); err != nil {
		return nil, err
	}
	if err := SaveDir(dir, ring); err != nil {
		return nil, err
	}
	return ring, nil
}

// SaveDir writes the ring to FileName in dir, whole or not at all: a reader
// never meets half a file, and a power cut loses neither the old nor the new.
func SaveDir(dir string, ring *Keyring) error {
	data, err := ring.Encode()
	if err != nil {
		return err
	}
	return saveFile(dir, FileName, data)
}

// KeepDir copies the file in dir as it is to one beside it, named by the time, and
// returns the copy's path.
func KeepDir(dir string, now time.Time) (string, error) {
	data, err := os.ReadFile(filepath.Join(dir, FileName))
	if err != nil {
		return "", fmt.Errorf("copying sealing keys: %w", err)
	}
	name := FileName + "." + now.UTC().Format("20060102T150405.000000000Z")
	return filepath.Join(dir, name), saveFile(dir, name, data)
}

// saveFile writes to a file of another name, syncs it, gives it its name and syncs the
// directory: after a power cut the name leads to the whole old or the whole new content.
func saveFile(dir, name string, data []byte) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("saving sealing keys: %w", err)
	}
	temporary, err := os.CreateTemp(dir, "."+FileName+"-*") // mode 0600
	if err != nil {
		return fmt.Errorf("saving sealing keys: %w", err)
	}
	defer func() { _ = os.Remove(temporary.Name()) }() // gone already when all went well
	if err := writeAndSync(temporary, data); err != nil {
		return fmt.Errorf("saving sealing keys: %w", err)
	}
	if err := os.Rename(temporary.Name(), filepath.Join(dir, name)); err != nil {
		return fmt.Errorf("saving sealing keys: %w", err)
	}
	return syncDir(dir)
}

// writeAndSync writes data, puts it on disk and closes the file.
func writeAndSync(f *os.File, data []byte) error {
	_, writeErr := f.Write(data)
	return errors.Join(writeErr, f.Sync(), f.Close())
}

// syncDir puts a rename on disk.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("saving sealing keys: %w", err)
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return fmt.Errorf("saving sealing keys: %w", err)
	}
	return nil
}
