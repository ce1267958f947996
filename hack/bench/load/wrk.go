package load

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

//go:embed wrk.lua
var script []byte

// Wrk runs Debian's wrk: one thread that sends requests one after another on each
// connection, as fast as they are answered.
type Wrk struct {
	program, script, paths string
	// Core is where wrk runs.
	Core string
	// Connections is how many are open at a time.
	Connections int
	// Headers are sent with each request, as "Name: value".
	Headers []string
}

// NewWrk returns a wrk that requests the paths in turn; it keeps files in dir.
func NewWrk(dir string, paths []string) (*Wrk, error) {
	program, err := exec.LookPath("wrk")
	if err != nil {
		return nil, fmt.Errorf("wrk is needed (Debian has it: apt-get install wrk): %w", err)
	}
	w := &Wrk{program: program, script: filepath.Join(dir, "wrk.lua"), paths: filepath.Join(dir, "paths"), Connections: 64}
	if err := os.WriteFile(w.script, script, 0o600); err != nil {
		return nil, err
	}
	return w, os.WriteFile(w.paths, []byte(strings.Join(paths, "\n")+"\n"), 0o600)
}

// Count is what became of the requests of one run.
type Count struct {
	Answered int
	// Failed are answers other than 2xx and 3xx, and broken or timed out connections.
	Failed  int
	Elapsed time.Duration
}

// Rate is how many were answered in a second.
func (c Count) Rate() float64 { return float64(c.Answered) / c.Elapsed.Seconds() }

// Run loads the server at address, host:port, for a time.
func (w *Wrk) Run(ctx context.Context, address string, d time.Duration, headers ...string) (Count, error) {
	args := []string{"-c", w.Core, w.program, "-t1", fmt.Sprintf("-c%d", w.Connections), fmt.Sprintf("-d%ds", int(d.Seconds())), "-s", w.script}
	for _, h := range append(w.Headers, headers...) {
		args = append(args, "-H", h)
	}
	args = append(args, "http://"+address, "--", w.paths)
	out, err := exec.CommandContext(ctx, "taskset", args...).CombinedOutput()
	if err != nil {
		return Count{}, fmt.Errorf("wrk: %w\n%s", err, out)
	}
	return parseWrk(string(out))
}

// parseWrk reads the line of JSON that wrk.lua prints last. wrk's own summary is for
// readers and rounds its numbers.
func parseWrk(out string) (Count, error) {
	_, line, ok := strings.Cut(out, "\nresult ")
	var r struct{ Requests, Microseconds, Connect, Read, Write, Timeout, Status int }
	if !ok {
		return Count{}, fmt.Errorf("wrk printed no result:\n%s", out)
	}
	if err := json.Unmarshal([]byte(line), &r); err != nil {
		return Count{}, fmt.Errorf("wrk's result %q: %w", line, err)
	}
	return Count{
		Answered: r.Requests, Failed: r.Connect + r.Read + r.Write + r.Timeout + r.Status,
		Elapsed: time.Duration(r.Microseconds) * time.Microsecond,
	}, nil
}
