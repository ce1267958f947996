package testenv

import (
	"fmt"
	"os"
	"sync"
	"testing"
)

// Shared is one environment for all tests of a package, launched by the first test that needs it:
//
//	var shared testenv.Shared
//
//	func TestMain(m *testing.M) { os.Exit(shared.Main(m)) }
//
// It is launched inside a test, not in TestMain, because go test notices only what is read while tests run: otherwise it
// would take results from its cache after config/crd has changed. It may be used by several tests at once.
type Shared struct {
	launch      sync.Once
	environment *Environment
	err         error
}

// Environment returns the package's environment. It fails the test where it cannot be launched,
// and leaves it out with -short.
func (s *Shared) Environment(t testing.TB) *Environment {
	t.Helper()
	leaveOutIfShort(t)
	s.launch.Do(func() { s.environment, s.err = Launch() })
	if s.err != nil {
		t.Fatal(s.err)
	}
	return s.environment
}

// Main runs the package's tests, stops the environment if one was launched, and returns the exit code.
func (s *Shared) Main(m *testing.M) int {
	code := m.Run()
	if s.environment == nil {
		return code
	}
	if err := s.environment.Stop(); err != nil {
		fmt.Fprintln(os.Stderr, "stopping the control plane:", err)
		return max(code, 1)
	}
	return code
}
