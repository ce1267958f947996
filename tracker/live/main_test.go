package live

import (
	"context"
	"os"
	"testing"

	"go.uber.org/goleak"

	"github.com/waypost/waypost/hack/testenv"
)

var shared testenv.Shared

// TestMain also finds goroutines that a test left behind; they are looked for
// while the control plane, which has its own, is down again.
func TestMain(m *testing.M) {
	code := shared.Main(m)
	if code == 0 {
		if err := goleak.Find(); err != nil {
			println(err.Error())
			code = 1
		}
	}
	os.Exit(code)
}

var endless = context.Background()
