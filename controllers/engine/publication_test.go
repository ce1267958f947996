package engine

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/waypost/waypost/controllers/metrics"
	"github.com/waypost/waypost/controllers/publish"
)

// A publication that failed is tried again, but not when another operator has
// published: what this one knows is old then, and the loop ends.
func TestFailedPublication(t *testing.T) {
	measured, err := metrics.New(prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		err  error
		ends bool
	}{
		{fmt.Errorf("publish: %w: 7", publish.ErrSuperseded), true},
		{errors.New("connection reset"), false},
		{fmt.Errorf("publish: %w", publish.ErrNotRetained), false},
	} {
		e := New(Options{Metrics: measured, Log: logr.Discard(), Now: func() time.Time { return noon }})
		ended := e.failed(tt.err)
		if due, again := e.due(); (ended != nil) != tt.ends || again == tt.ends {
			t.Errorf("%v: the loop ends with %v, tries again %v at %v", tt.err, ended, again, due)
		}
	}
}
