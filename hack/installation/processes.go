package installation

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Processes are children; each logs to a file of its own. Safe for concurrent use.
type Processes struct {
	logs     string
	mu       sync.Mutex
	children map[string]*child
	// Ended gets a line for each child that ends, with the reason and the log. It holds a
	// hundred; tests that read none of them end fewer children.
	Ended chan string
}

// child is a running command, and how to run it again.
type child struct {
	command string
	args    []string
	process *os.Process
	done    chan struct{}
	err     error // how it ended; valid once done is closed
}

// NewProcesses returns no children yet; they will log below logs.
func NewProcesses(logs string) *Processes {
	return &Processes{logs: logs, children: map[string]*child{}, Ended: make(chan string, 100)}
}

// Launch starts a child that appends to NAME.log. It has a process group of its own, so
// that Ctrl-C at a terminal reaches this program alone, which ends the children in order;
// and it ends with this program however that ends.
func (p *Processes) Launch(name, command string, args ...string) error {
	log, err := os.OpenFile(filepath.Join(p.logs, name+".log"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("making the log of %s: %w", name, err)
	}
	defer func() { _ = log.Close() }() // the child has its own handle
	run := exec.Command(command, args...)
	run.Stdout, run.Stderr = log, log
	run.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM, Setpgid: true}
	if err := run.Start(); err != nil {
		return fmt.Errorf("starting %s: %w", name, err)
	}
	c := &child{command: command, args: args, process: run.Process, done: make(chan struct{})}
	p.mu.Lock()
	p.children[name] = c
	p.mu.Unlock()
	go func() {
		c.err = run.Wait()
		close(c.done)
		p.Ended <- fmt.Sprintf("%s (pid %d) ended: %v; its log is %s", name, run.Process.Pid, c.err, log.Name())
	}()
	return nil
}

// Restart kills a child without warning, as a power cut would, and starts it again.
func (p *Processes) Restart(name string) error {
	if err := p.Kill(name); err != nil {
		return err
	}
	return p.Again(name)
}

// Replace kills a child without warning and starts it again where nothing is left of
// the directory that it wrote to, as on another node.
func (p *Processes) Replace(name, directory string) error {
	if err := p.Kill(name); err != nil {
		return err
	}
	if err := os.RemoveAll(directory); err != nil {
		return fmt.Errorf("emptying %s: %w", directory, err)
	}
	return p.Again(name)
}

// Kill ends a child without warning, and returns when it has ended.
func (p *Processes) Kill(name string) error {
	c, err := p.child(name)
	if err != nil {
		return err
	}
	_ = c.process.Kill() // it may have ended already
	<-c.done
	return nil
}

// Again starts a child that has ended, with what it was started with before.
func (p *Processes) Again(name string) error {
	c, err := p.child(name)
	if err != nil {
		return err
	}
	return p.Launch(name, c.command, c.args...)
}

// End asks a child to end, as Kubernetes does, and returns how it did: nil for the
// exit code 0.
func (p *Processes) End(name string) error {
	if err := p.Signal(name, syscall.SIGTERM); err != nil {
		return err
	}
	c, err := p.child(name)
	if err != nil {
		return err
	}
	<-c.done
	return c.err
}

// Signal sends a child a signal.
func (p *Processes) Signal(name string, signal os.Signal) error {
	c, err := p.child(name)
	if err != nil {
		return err
	}
	if err := c.process.Signal(signal); err != nil {
		return fmt.Errorf("sending %s to %s: %w", signal, name, err)
	}
	return nil
}

func (p *Processes) child(name string) (*child, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	c := p.children[name]
	if c == nil {
		return nil, fmt.Errorf("there is no child %s", name)
	}
	return c, nil
}

// Stop ends the children: by SIGTERM, and what is left after 20 s by SIGKILL.
func (p *Processes) Stop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.children {
		_ = c.process.Signal(syscall.SIGTERM) // it may have ended already
	}
	deadline := time.NewTimer(20 * time.Second)
	defer deadline.Stop()
	for _, c := range p.children {
		select {
		case <-c.done:
		case <-deadline.C:
			deadline.Reset(0)
			_ = c.process.Kill() // it may have ended already
		}
	}
}

// do runs a command to its end and returns an error with what it printed.
func do(ctx context.Context, env []string, command string, args ...string) error {
	c := exec.CommandContext(ctx, command, args...)
	c.Env = append(os.Environ(), env...)
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("%s %s: %w\n%s", filepath.Base(command), strings.Join(args, " "), err, out)
	}
	return nil
}
