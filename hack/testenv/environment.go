package testenv

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/envtest"
)

// startTimeout is for etcd and the API server each; on two busy cores a minute has been seen.
const startTimeout = 120 * time.Second

// Environment is a running API server. The embedded envtest.Environment gives its parts,
// for tests that stop and start them.
type Environment struct {
	*envtest.Environment

	// Root is the module's root directory.
	Root string
}

// Launch brings up etcd and an API server and installs the custom resources. The caller stops it with Stop.
// An error names what to do when the binaries are missing.
func Launch() (*Environment, error) {
	working, err := os.Getwd()
	if err != nil {
		return nil, fmt.Errorf("finding the working directory: %w", err)
	}
	root, err := moduleRoot(working)
	if err != nil {
		return nil, err
	}
	assets, err := binaries(root, os.Getenv(assetsVariable), "etcd", "kube-apiserver")
	if err != nil {
		return nil, err
	}
	environment := &envtest.Environment{
		BinaryAssetsDirectory:    assets,
		CRDDirectoryPaths:        []string{filepath.Join(root, "config", "crd")},
		ErrorIfCRDPathMissing:    true,
		ControlPlaneStartTimeout: startTimeout,
		ControlPlaneStopTimeout:  startTimeout,
	}
	if _, err := environment.Start(); err != nil {
		_ = environment.Stop() // what did start must not outlive the tests; the first error is reported
		return nil, fmt.Errorf("starting the control plane in %s with config/crd: %w", assets, err)
	}
	return &Environment{Environment: environment, Root: root}, nil
}

// leaveOutIfShort ends a test that runs with -short: "make test-unit" needs no control plane.
func leaveOutIfShort(t testing.TB) {
	t.Helper()
	if testing.Short() {
		t.Skip("needs an API server, which -short leaves out")
	}
}

// Start launches an environment for one test and stops it when the test ends.
// It fails the test where the binaries are missing: a test that cannot run is no test passed.
// With -short it leaves the test out.
func Start(t testing.TB) *Environment {
	t.Helper()
	leaveOutIfShort(t)
	environment, err := Launch()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := environment.Stop(); err != nil {
			t.Errorf("stopping the control plane: %v", err)
		}
	})
	return environment
}
