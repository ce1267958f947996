package testenv

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// assetsVariable is where envtest and make look for the directory of binaries.
const assetsVariable = "KUBEBUILDER_ASSETS"

// errNoRoot says that the working directory is not inside the module.
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

// binaries returns the directory that holds etcd and kube-apiserver: assets if it is set, else root's bin/kube.
func binaries(root, assets string) (string, error) {
	directory := assets
	if directory == "" {
		directory = filepath.Join(root, "bin", "kube")
	}
	for _, name := range []string{"etcd", "kube-apiserver"} {
		info, err := os.Stat(filepath.Join(directory, name))
		if err != nil || info.IsDir() {
			return "", fmt.Errorf("%s holds no %s: run `make control-plane` (once, 5 to 12 minutes cold), "+
				"or point %s to envtest binaries", directory, name, assetsVariable)
		}
	}
	return directory, nil
}
