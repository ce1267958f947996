package seal

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestLoadOrCreateDirKeepsTheRing(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data", "keys")
	made, err := LoadOrCreateDir(dir, start)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(filepath.Join(dir, FileName))
	if err != nil || info.Mode() != fs.FileMode(0o600) {
		t.Errorf("the file has mode %v, %v; want 0600", info.Mode(), err)
	}
	again, err := LoadOrCreateDir(dir, start.AddDate(1, 0, 0))
	if err != nil || SealLink(again, "n", "o", "g") != SealLink(made, "n", "o", "g") {
		t.Errorf("the second start made another ring: %v", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("%d files were left, %v", len(entries), err)
	}
}

// TestBrokenFileIsNotReplaced: making a new ring over a damaged one would
// silently forget every id in the wild.
func TestBrokenFileIsNotReplaced(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, FileName)
	if err := os.WriteFile(path, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadOrCreateDir(dir, start); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("error %v, want one that names %s", err, path)
	}
	if data, _ := os.ReadFile(path); string(data) != "{" {
		t.Error("the file was overwritten")
	}
}

func TestLoadDirWithoutFile(t *testing.T) {
	if _, err := LoadDir(t.TempDir()); err == nil || !strings.Contains(err.Error(), FileName) {
		t.Errorf("error %v, want one that names the file", err)
	}
}

func TestSaveDirWhereNothingCanBeWritten(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := SaveDir(filepath.Join(file, "below"), mustNew(t, start)); err == nil {
		t.Error("saving below a file succeeded")
	}
}
