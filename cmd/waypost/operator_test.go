package main

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/go-logr/logr/funcr"
	ctrllog "sigs.k8s.io/controller-runtime/pkg/log"
)

// TestWatchesLog: what the libraries log, such as a watch that fails, is in the
// operator's log.
func TestWatchesLog(t *testing.T) {
	var lines []string
	logWatches(funcr.New(func(_, args string) { lines = append(lines, args) }, funcr.Options{}))
	ctrllog.FromContext(context.Background()).Error(errors.New("offers is forbidden"), "Failed to watch")
	if all := strings.Join(lines, "\n"); !strings.Contains(all, "offers is forbidden") {
		t.Errorf("logged: %q", all)
	}
}
