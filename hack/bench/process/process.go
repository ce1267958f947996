package process

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// Options hold how to start a process.
type Options struct {
	// Cores is where it may run, as taskset has it: "0", "0,1"; empty is anywhere.
	Cores string
	// Env is added to this program's environment.
	Env []string
	// Log is the file that it writes to.
	Log string
}

// Process is a running child with its own children.
type Process struct {
	name   string
	cmd    *exec.Cmd
	log    string
	exited chan struct{}
	err    error // valid once exited is closed
}

// Start runs a program until Stop. It ends with this program in any case, also when that
// is killed, by the parent-death signal of prctl(2).
func Start(o Options, program string, args ...string) (*Process, error) {
	words := append([]string{program}, args...)
	if o.Cores != "" {
		words = append([]string{"taskset", "-c", o.Cores}, words...)
	}
	log, err := os.Create(o.Log)
	if err != nil {
		return nil, fmt.Errorf("making the log of %s: %w", program, err)
	}
	defer func() { _ = log.Close() }() // the child has a handle of its own
	cmd := exec.Command(words[0], words[1:]...)
	cmd.Env = append(os.Environ(), o.Env...)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting %s: %w", program, err)
	}
	p := &Process{name: program, cmd: cmd, log: o.Log, exited: make(chan struct{})}
	go func() {
		p.err = cmd.Wait()
		close(p.exited)
	}()
	return p, nil
}

// Stop asks the process to end, waits, and reports whether it ended well.
func (p *Process) Stop() error {
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("stopping %s: %w", p.name, err)
	}
	select {
	case <-p.exited:
	case <-time.After(time.Minute):
		_ = p.cmd.Process.Kill() // it may have ended at this very moment
		<-p.exited
		return fmt.Errorf("%s did not end within a minute", p.name)
	}
	if p.err != nil && !strings.Contains(p.err.Error(), "terminated") {
		return fmt.Errorf("%s ended badly: %w\n%s", p.name, p.err, p.tail())
	}
	return nil
}

// Until waits until ready returns true, and fails when the process ends before.
func (p *Process) Until(ctx context.Context, ready func(context.Context) bool) error {
	return p.UntilEvery(ctx, 10*time.Millisecond, ready)
}

// UntilEvery is Until that asks at intervals: for questions that cost the process
// something while it is measured.
func (p *Process) UntilEvery(ctx context.Context, interval time.Duration, ready func(context.Context) bool) error {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for !ready(ctx) {
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting for %s: %w\n%s", p.name, context.Cause(ctx), p.tail())
		case <-p.exited:
			return fmt.Errorf("%s ended: %w\n%s", p.name, p.err, p.tail())
		case <-tick.C:
		}
	}
	return nil
}

// tail is the end of the log, for error messages.
func (p *Process) tail() string {
	data, err := os.ReadFile(p.log)
	if err != nil {
		return err.Error()
	}
	const most = 2000
	return string(data[max(0, len(data)-most):])
}
