package controllers

import (
	"os"
	"testing"

	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/go-logr/logr"
	"go.uber.org/goleak"

	"github.com/waypost/waypost/hack/testenv"
)

var shared testenv.Shared

func TestMain(m *testing.M) {
	ctrl.SetLogger(logr.Discard())
	code := shared.Main(m)
	if code == 0 {
		// Everything that the tests started must have ended with them.
		if err := goleak.Find(); err != nil {
			println(err.Error())
			code = 1
		}
	}
	os.Exit(code)
}
