package live

import (
	"encoding/binary"
	"hash/maphash"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/waypost/waypost/tracker/background"
)

// maxDepth bounds how deep a directory tree is followed; links may form a circle.
const maxDepth = 16

// fingerprintSeed lets fingerprints of one process be compared.
var fingerprintSeed = maphash.MakeSeed()

// fingerprint stands for names, sizes and times of all files of a tree. Contents are not
// read; a change that none of these shows is found by its event alone.
type fingerprint uint64

// tree is what look found.
type tree struct {
	fingerprint fingerprint
	dirs        []string
}

// look goes through the directories, following links as a reader of the files
// does. What cannot be read counts as absent.
func look(dirs []string) tree {
	var t tree
	var hash maphash.Hash
	hash.SetSeed(fingerprintSeed)
	for _, dir := range dirs {
		t.visit(&hash, dir, 0)
	}
	t.fingerprint = fingerprint(hash.Sum64())
	return t
}

// visit adds a path to the fingerprint, a directory with all that is below it. Entries
// come sorted from os.ReadDir, so equal trees have equal fingerprints.
func (t *tree) visit(hash *maphash.Hash, path string, depth int) {
	info, err := os.Stat(path)
	if err != nil {
		return
	}
	background.GiveWay()
	if !info.IsDir() {
		note(hash, path, info)
		return
	}
	if depth > maxDepth {
		return
	}
	_, _ = hash.WriteString(path)
	t.dirs = append(t.dirs, path)
	entries, err := os.ReadDir(path)
	if err != nil {
		return
	}
	for _, e := range entries {
		if t.skips(e) {
			continue
		}
		t.visit(hash, filepath.Join(path, e.Name()), depth+1)
	}
}

// skips leaves out hidden entries, such as a repository's own directory and the
// versions of a mounted ConfigMap, which its visible links lead to.
func (*tree) skips(e fs.DirEntry) bool { return e.Name()[0] == '.' }

// note adds one file to the fingerprint.
func note(hash *maphash.Hash, path string, info fs.FileInfo) {
	_, _ = hash.WriteString(path)
	var b [16]byte
	binary.LittleEndian.PutUint64(b[:8], uint64(info.Size()))
	binary.LittleEndian.PutUint64(b[8:], uint64(info.ModTime().UnixNano()))
	_, _ = hash.Write(b[:])
}
