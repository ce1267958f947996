package main

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

// withRuntime adds what every process shows: memory, goroutines, file handles, and
// its version.
func withRuntime(registry *prometheus.Registry) *prometheus.Registry {
	registry.MustRegister(buildInfo(), collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return registry
}

// buildInfo shows which version this process is.
func buildInfo() prometheus.Collector {
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "waypost_build_info", Help: "1, with the version of this process.",
		ConstLabels: prometheus.Labels{"version": version},
	})
	build.Set(1)
	return build
}
