package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-logr/logr"
)

// TestTracing: with an endpoint in the environment spans are sent there, at the
// latest at the end; without one nothing is.
func TestTracing(t *testing.T) {
	received := make(chan string, 4)
	collector := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		received <- r.URL.Path + " " + string(body)
	}))
	defer collector.Close()

	tracer, flush, err := startTracing(t.Context(), "tracker", logr.Discard())
	if err != nil {
		t.Fatal(err)
	}
	if _, span := tracer.Start(t.Context(), "nobody listens"); span.IsRecording() {
		t.Error("recorded without an endpoint")
	}
	flush()

	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.URL)
	tracer, flush, err = startTracing(t.Context(), "tracker", logr.Discard())
	if err != nil {
		t.Fatal(err)
	}
	_, span := tracer.Start(t.Context(), "a postback")
	span.End()
	flush()
	got := <-received
	for _, want := range []string{"/v1/traces", "a postback", "waypost-tracker"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in what was sent", want)
		}
	}
}
