package store

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/waypost/waypost/hack/fulldisk"
)

// TestOpenNamesWhatToDo: SQLite's own texts are a word and a number.
func TestOpenNamesWhatToDo(t *testing.T) {
	for name, test := range map[string]struct {
		spoil func(t *testing.T, path string)
		want  string
	}{
		"no database": {func(t *testing.T, path string) {
			if err := os.WriteFile(path, []byte(strings.Repeat("no database ", 1000)), 0o600); err != nil {
				t.Fatal(err)
			}
		}, "restore its copy, or move it away and fold the journal again by waypost ledger rebuild"},
		"damaged": {func(t *testing.T, path string) {
			s, err := Open(t.Context(), path)
			if err = errors.Join(err, s.Close()); err != nil {
				t.Fatal(err)
			}
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			copy(data[100:], strings.Repeat("\xff", 4000))
			if err := os.WriteFile(path, data, 0o600); err != nil {
				t.Fatal(err)
			}
		}, "restore its copy, or move it away"},
		"a full disk": {func(t *testing.T, _ string) { fulldisk.Limit(t, 4<<10) }, "the disk is full, or it fails: give it room"},
		"a directory": {func(t *testing.T, path string) {
			if err := os.Mkdir(path, 0o700); err != nil {
				t.Fatal(err)
			}
		}, "may this user write in it?"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "ledger.db")
			test.spoil(t, path)
			_, err := Open(t.Context(), path)
			if err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), path) {
				t.Errorf("%v\nwant %q", err, test.want)
			}
		})
	}
	if err := errors.New("another"); Advised(err).Error() != "another" {
		t.Error("an error of another kind was changed")
	}
}
