package api_test

import (
	"os"
	"testing"

	"github.com/waypost/waypost/tracker/ledger/store/storetest"
)

func TestMain(m *testing.M) { os.Exit(storetest.Main(m)) }
