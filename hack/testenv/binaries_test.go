package testenv

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestModuleRoot(t *testing.T) {
	root := t.TempDir()
	deep := filepath.Join(root, "a", "b")
	if err := os.MkdirAll(deep, 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := moduleRoot(deep); !errors.Is(err, errNoRoot) {
		t.Errorf("moduleRoot without go.mod = %v, want %v", err, errNoRoot)
	}
	touch(t, filepath.Join(root, "go.mod"))
	if got, err := moduleRoot(deep); err != nil || got != root {
		t.Errorf("moduleRoot = %q, %v, want %q", got, err, root)
	}
}

func TestBinaries(t *testing.T) {
	root, assets := t.TempDir(), t.TempDir()
	built := filepath.Join(root, "bin", "kube")

	_, err := binaries(root, "", "etcd", "kube-apiserver")
	wantAdvice(t, err, built)

	touch(t, filepath.Join(built, "etcd"))
	_, err = binaries(root, "", "etcd", "kube-apiserver")
	wantAdvice(t, err, "kube-apiserver")

	touch(t, filepath.Join(built, "kube-apiserver"))
	if got, err := binaries(root, "", "etcd", "kube-apiserver"); err != nil || got != built {
		t.Errorf("binaries = %q, %v, want %q", got, err, built)
	}

	_, err = binaries(root, assets, "etcd", "kube-apiserver")
	wantAdvice(t, err, assets)

	relative := filepath.Join("bin", "kube")
	if got, err := binaries(root, relative, "etcd"); err != nil || got != built {
		t.Errorf("binaries = %q, %v for a path relative to the root, want %q", got, err, built)
	}
}

func TestBinary(t *testing.T) {
	assets := t.TempDir()
	t.Setenv(assetsVariable, assets)
	_, err := Binary("kubectl")
	wantAdvice(t, err, "kubectl")

	kubectl := filepath.Join(assets, "kubectl")
	touch(t, kubectl)
	if got, err := Binary("kubectl"); err != nil || got != kubectl {
		t.Errorf("Binary = %q, %v, want %q", got, err, kubectl)
	}
}

// wantAdvice: a newcomer must learn from the failure alone what to run.
func wantAdvice(t *testing.T, err error, about string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), "run `make control-plane`") || !strings.Contains(err.Error(), about) {
		t.Errorf("error = %v, want one about %s that says to run `make control-plane`", err, about)
	}
}

func touch(t *testing.T, path string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, nil, 0o755); err != nil {
		t.Fatal(err)
	}
}
