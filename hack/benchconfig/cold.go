package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/waypost/waypost/api/snapshot"
)

// measureCold measures an operator and a tracker that start with everything
// there is. The clock of the operator begins with its process and ends when the manifest
// has all records. Two trackers follow: one while nothing else is being written, and one
// 20 s later, while the operator writes the statuses of all objects and keeps the API
// server busy.
func measureCold(ctx context.Context, c *cluster, s sizes) ([]figure, error) {
	p, err := c.newPlace(ctx, "bench-cold")
	if err != nil {
		return nil, err
	}
	records, err := c.fill(ctx, p, s.cold, s.overrides)
	if err != nil {
		return nil, err
	}
	if err := c.takenUp(ctx, p); err != nil {
		return nil, err
	}
	addresses, err := freeAddresses(3)
	if err != nil {
		return nil, err
	}
	say("starting an operator with %d objects", records)
	began := time.Now()
	operator, err := start("operator", part{Dir: c.dir, Place: p, Address: addresses[1], Trackers: []string{"http://" + addresses[0]}})
	if err != nil {
		return nil, err
	}
	defer operator.stop()
	if err := c.waitRecords(ctx, p, records); err != nil {
		return nil, err
	}
	published := time.Since(began)
	say("published after %v; starting a tracker", published.Round(time.Millisecond))
	ready, memory, err := coldTracker(ctx, c, p, addresses[0])
	if err != nil {
		return nil, err
	}
	if values, err := scrape(ctx, addresses[1]); err == nil {
		say("of that %.1f s for compiling and %.1f s for writing shards", values["waypost_compile_duration_seconds_sum"], values["waypost_publish_duration_seconds_sum"])
	}
	pause(ctx, 20*time.Second) // it is in the middle of the statuses then
	busy, _, err := coldTracker(ctx, c, p, addresses[2])
	if err != nil {
		return nil, err
	}
	operatorMemory, err := operator.memory()
	if err != nil {
		return nil, err
	}
	return []figure{
		{"cold operator: start to published", published.Seconds(), "s"},
		{"cold operator: memory", operatorMemory, "MiB"},
		{"cold tracker: start to ready", ready.Seconds(), "s"},
		{"cold tracker: start to ready while statuses are written", busy.Seconds(), "s"},
		{"cold tracker: memory", memory, "MiB"},
	}, nil
}

// coldTracker starts a tracker and waits until it serves its first revision. memory is
// the most that the process has had by then, in MiB: the load is its peak.
func coldTracker(ctx context.Context, c *cluster, p place, address string) (ready time.Duration, memory float64, err error) {
	began := time.Now()
	tracker, err := start("tracker", part{Dir: c.dir, Place: p, Address: address})
	if err != nil {
		return 0, 0, err
	}
	defer tracker.stop()
	for ctx.Err() == nil {
		var status snapshot.Status
		if body, err := fetch(ctx, "http://"+address+snapshot.StatusPath); err == nil && json.Unmarshal([]byte(body), &status) == nil && status.Revision > 0 {
			break
		}
		pause(ctx, 5*time.Millisecond)
	}
	ready = time.Since(began)
	memory, err = tracker.memory()
	return ready, memory, err
}

// freeAddresses asks the kernel for addresses that are free. All are held until the last
// is found, so that none comes twice.
func freeAddresses(n int) ([]string, error) {
	var all []string
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, fmt.Errorf("look for a free port: %w", err)
		}
		defer func() { _ = l.Close() }()
		all = append(all, l.Addr().String())
	}
	return all, nil
}

// scrape reads metrics: the values by name and labels, as they are printed. Lines that
// are no number, comments among them, are passed over.
func scrape(ctx context.Context, address string) (map[string]float64, error) {
	text, err := fetch(ctx, "http://"+address+"/metrics")
	if err != nil {
		return nil, err
	}
	values := map[string]float64{}
	for line := range strings.Lines(text) {
		name, value, ok := strings.Cut(strings.TrimSpace(line), " ")
		if number, err := strconv.ParseFloat(value, 64); ok && err == nil {
			values[name] = number
		}
	}
	return values, nil
}
