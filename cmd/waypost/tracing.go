package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/go-logr/logr"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"
)

// tracingFlush bounds how long the end of a process waits for its last spans.
const tracingFlush = 3 * time.Second

// startTracing returns a tracer that sends spans to the OTLP endpoint of the
// environment (OTEL_EXPORTER_OTLP_ENDPOINT, over HTTP), and what flushes it at the
// end. Without an endpoint nothing is traced. The SDK reads everything else, such as
// the sampler, from its own variables.
func startTracing(ctx context.Context, process string, log logr.Logger) (trace.Tracer, func(), error) {
	const scope = "github.com/waypost/waypost"
	if os.Getenv("OTEL_EXPORTER_OTLP_ENDPOINT") == "" && os.Getenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") == "" {
		return noop.NewTracerProvider().Tracer(scope), func() {}, nil
	}
	exporter, err := otlptracehttp.New(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("starting traces (OTEL_EXPORTER_OTLP_ENDPOINT): %w", err)
	}
	described, err := resource.Merge(resource.Default(), resource.NewSchemaless(
		attribute.String("service.name", "waypost-"+process), attribute.String("service.version", version)))
	if err != nil {
		return nil, nil, fmt.Errorf("starting traces: %w", err)
	}
	// The handler is global: the SDK has no other place for the errors of its exporter.
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { log.Error(err, "sending traces") }))
	provider := sdktrace.NewTracerProvider(sdktrace.WithBatcher(exporter), sdktrace.WithResource(described))
	flush := func() {
		ctx, cancel := context.WithTimeout(context.Background(), tracingFlush)
		defer cancel()
		if err := provider.Shutdown(ctx); err != nil {
			log.Error(err, "sending the last traces")
		}
	}
	return provider.Tracer(scope), flush, nil
}
