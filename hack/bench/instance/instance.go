package instance

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/hack/bench/process"
)

// Options hold how to run Waypost.
type Options struct {
	// Binary is the waypost program.
	Binary string
	// Cores, Env and Log are those of the process.
	Cores string
	Env   []string
	Log   string
	// Data is the directory that has the admin token, for serve.
	Data string
	// Ready bounds how long it may take until it is ready; default 2 minutes.
	Ready time.Duration
}

// Instance is one Waypost process.
type Instance struct {
	*process.Process
	// Public and Admin are its ports, as host:port.
	Public, Admin string
	data          string
}

// Start runs a command of Waypost on ports of loopback that are free, and waits
// until it is ready. Commands without a public port ignore it with public false.
func Start(ctx context.Context, o Options, public bool, args ...string) (*Instance, error) {
	ports, err := freePorts()
	if err != nil {
		return nil, err
	}
	i := &Instance{Public: ports[0], Admin: ports[1], data: o.Data}
	args = append(args, "--admin", i.Admin)
	if public {
		args = append(args, "--listen", i.Public)
	}
	i.Process, err = process.Start(process.Options{Cores: o.Cores, Env: o.Env, Log: o.Log}, o.Binary, args...)
	if err != nil {
		return nil, err
	}
	if o.Ready == 0 {
		o.Ready = 2 * time.Minute
	}
	waiting, cancel := context.WithTimeout(ctx, o.Ready)
	defer cancel()
	if err := i.Until(waiting, i.ready); err != nil {
		_ = i.Stop() // the first error is reported
		return nil, err
	}
	return i, nil
}

// freePorts asks the kernel for two ports.
func freePorts() (ports [2]string, err error) {
	for n := range ports {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return ports, fmt.Errorf("looking for a free port: %w", err)
		}
		defer func() { _ = l.Close() }() // held until both are found
		ports[n] = l.Addr().String()
	}
	return ports, nil
}

func (i *Instance) ready(ctx context.Context) bool {
	_, err := i.get(ctx, "/readyz", "")
	return err == nil
}

// Metrics returns the values by name, labels included, as /metrics prints them. Asking
// costs the process time that is measured, about half a millisecond.
func (i *Instance) Metrics(ctx context.Context) (map[string]float64, error) {
	text, err := i.get(ctx, "/metrics", "")
	if err != nil {
		return nil, err
	}
	return parseMetrics(string(text)), nil
}

// parseMetrics reads Prometheus' text format as far as the benchmarks need it: a value is
// what follows the last blank of a line, because labels may hold blanks.
func parseMetrics(text string) map[string]float64 {
	values := map[string]float64{}
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		at := strings.LastIndexByte(line, ' ')
		if at < 0 || line[0] == '#' {
			continue
		}
		if v, err := strconv.ParseFloat(line[at+1:], 64); err == nil {
			values[line[:at]] = v
		}
	}
	return values
}

// Totals are the reports' figures of all networks, of all time.
type Totals struct {
	Clicks      int `json:"clicks"`
	Impressions int `json:"impressions"`
	Conversions int `json:"conversions"`
}

// Report returns the totals of serve's reports. It reads the token that serve has made
// in its data directory.
func (i *Instance) Report(ctx context.Context) (sum Totals, err error) {
	token, err := os.ReadFile(filepath.Join(i.data, "admin.token"))
	if err != nil {
		return sum, err
	}
	text, err := i.get(ctx, "/api/v1/reports?group=day", strings.TrimSpace(string(token)))
	if err != nil {
		return sum, err
	}
	var answer struct {
		Totals []Totals `json:"totals"`
	}
	if err := json.Unmarshal(text, &answer); err != nil {
		return sum, fmt.Errorf("reading the report %.200q: %w", text, err)
	}
	for _, t := range answer.Totals { // one a currency
		sum.Clicks += t.Clicks
		sum.Impressions += t.Impressions
		sum.Conversions += t.Conversions
	}
	return sum, nil
}

// get returns the body of a path on the admin port; any status but 200 is an error.
func (i *Instance) get(ctx context.Context, path, token string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+i.Admin+path, nil)
	if err != nil {
		return nil, err
	}
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s: %.300s", path, response.Status, body)
	}
	return body, err
}

// Snapshot is the answer of /-/snapshot: the configuration that is served.
func (i *Instance) Snapshot(ctx context.Context) (s snapshot.Status, err error) {
	text, err := i.get(ctx, snapshot.StatusPath, "")
	if err != nil {
		return s, err
	}
	return s, json.Unmarshal(text, &s)
}
