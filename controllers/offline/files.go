package offline

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// maxFile bounds a manifest file; a directory with 100,000 offers has many.
const maxFile = 64 << 20

// listFiles returns the manifest files below dirs (or the files themselves), sorted
// within each, as paths that begin as the caller wrote them. Hidden files and
// directories are passed over: a mounted ConfigMap keeps its older self in one.
func listFiles(dirs []string, pause func()) ([]string, error) {
	var files []string
	seen := map[string]bool{} // directories may overlap
	for _, dir := range dirs {
		// With the separator a directory that is a symbolic link is followed, too.
		root := dir
		if info, err := os.Stat(dir); err == nil && info.IsDir() {
			root += string(filepath.Separator)
		}
		err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			pause()
			hidden := path != root && strings.HasPrefix(entry.Name(), ".")
			if entry.IsDir() {
				if hidden {
					return filepath.SkipDir
				}
				return nil
			}
			if !hidden && isManifest(path) && !seen[path] {
				seen[path] = true
				files = append(files, path)
			}
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("listing the manifests in %s: %w", dir, err)
		}
	}
	return files, nil
}

// isManifest reports whether a file is read: by its ending, and not the configuration of
// kustomize, which is no manifest although it looks like one.
func isManifest(path string) bool {
	name := filepath.Base(path)
	if strings.HasPrefix(name, "kustomization.") {
		return false
	}
	switch filepath.Ext(name) {
	case ".yaml", ".yml", ".json":
		return true
	}
	return false
}

// readFile reads a file that is no larger than a manifest may be. A pipe or a device
// is not read: one would wait for a writer for ever, and all other files with it.
func readFile(path string, info fs.FileInfo) ([]byte, error) {
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("is no regular file (%s): take it out of the directory", info.Mode().Type())
	}
	if info.Size() > maxFile {
		return nil, fmt.Errorf("%d bytes are more than a manifest file may have (%d): split it", info.Size(), maxFile)
	}
	return os.ReadFile(path)
}
