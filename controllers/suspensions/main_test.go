package suspensions

import (
	"os"
	"testing"

	"github.com/waypost/waypost/hack/testenv"
)

var shared testenv.Shared

func TestMain(m *testing.M) { os.Exit(shared.Main(m)) }
