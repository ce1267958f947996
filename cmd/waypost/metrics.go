package main

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

// withRuntime adds what every process shows.
func withRuntime(registry *prometheus.Registry) *prometheus.Registry {
	registry.MustRegister(runtimeCollectors()...)
	return registry
}

// runtimeCollectors are memory, goroutines, file handles, and which version this is.
func runtimeCollectors() []prometheus.Collector {
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "waypost_build_info", Help: "1, with the version of this process.",
		ConstLabels: prometheus.Labels{"version": version},
	})
	build.Set(1)
	return []prometheus.Collector{build, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{})}
}
