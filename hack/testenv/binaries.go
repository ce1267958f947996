package testenv

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// assetsVariable is where envtest and make look for the directory of binaries.
const assetsVariable = "KUBEBUILDER_ASSETS"

// errNoRoot reports that the working directory is not inside the module.
var errNoRoot = errors.New("no go.mod above the working directory: run the tests inside the checkout")

// moduleRoot returns the directory of the nearest go.mod at or above directory.
func moduleRoot(directory string) (string, error) {
	for {
		if _, err := os.Stat(filepath.Join(directory, "go.mod")); err == nil {
			return directory, nil
		}
		parent := filepath.Dir(directory)
		if parent == directory {
			return "", errNoRoot
		}
		directory = parent
	}
}

// Binary returns the path of a binary of Kubernetes, such as kubectl. Its error names what to do where there is none.
func Binary(name string) (string, error) {
	working, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("finding the working directory: %w", err)
	}
	root, err := moduleRoot(working)
	if err != nil {
		return "", err
	}
	directory, err := binaries(root, os.Getenv(assetsVariable), name)
	return filepath.Join(directory, name), err
}

// binaries returns the directory that holds the binaries of those names: assets if it is set, else root's bin/kube.
// A relative path begins at root, since go test runs each package in its own folder.
func binaries(root, assets string, names ...string) (string, error) {
	directory := assets
	if directory == "" {
		directory = filepath.Join("bin", "kube")
	}
	if !filepath.IsAbs(directory) {
		directory = filepath.Join(root, directory)
	}
	for _, name := range names {
		info, err := os.Stat(filepath.Join(directory, name))
		if err != nil || info.IsDir() {
			return "", fmt.Errorf("%s holds no %s: run `make control-plane` (once, 5 to 12 minutes cold), "+
				"or point %s to a directory that holds etcd, kube-apiserver and kubectl", directory, name, assetsVariable)
		}
	}
	return directory, nil
}
