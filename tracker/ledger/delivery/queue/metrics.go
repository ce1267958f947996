package queue

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// scrapeTimeout bounds what a scrape may cost.
const scrapeTimeout = 2 * time.Second

var (
	suspendedDesc = prometheus.NewDesc("waypost_delivery_suspended_targets",
		"Partner URLs that are suspended because they failed too often in a row.", nil, nil)
	waitingDesc = prometheus.NewDesc("waypost_delivery_waiting",
		"Outgoing calls that wait for their turn or their next attempt.", nil, nil)
)

// Collector returns the metrics of the queue, read from the tables at each scrape.
func (q *Queue) Collector() prometheus.Collector { return collector{q} }

type collector struct{ q *Queue }

func (c collector) Describe(to chan<- *prometheus.Desc) {
	to <- suspendedDesc
	to <- waitingDesc
}

func (c collector) Collect(to chan<- prometheus.Metric) {
	c.gauge(to, suspendedDesc, "SELECT count(*) FROM delivery_targets WHERE suspended_at > 0")
	c.gauge(to, waitingDesc, "SELECT count(*) FROM deliveries WHERE state = 'waiting'")
}

func (c collector) gauge(to chan<- prometheus.Metric, desc *prometheus.Desc, query string) {
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTimeout)
	defer cancel()
	var n int64
	if err := c.q.store.Reader().QueryRowContext(ctx, query).Scan(&n); err != nil {
		to <- prometheus.NewInvalidMetric(desc, err)
		return
	}
	to <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, float64(n))
}
