package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// processes are the children; each logs to a file of its own.
type processes struct {
	children []*exec.Cmd
	ended    chan string
}

// launch starts a child that logs to logs/NAME.log.
func (p *processes) launch(logs, name string, env []string, command string, args ...string) error {
	log, err := os.Create(filepath.Join(logs, name+".log"))
	if err != nil {
		return fmt.Errorf("making the log of %s: %w", name, err)
	}
	child := exec.Command(command, args...)
	child.Env = append(os.Environ(), env...)
	child.Stdout, child.Stderr = log, log
	child.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM, Setpgid: true}
	if err := child.Start(); err != nil {
		return fmt.Errorf("starting %s: %w", name, err)
	}
	p.children = append(p.children, child)
	go func() {
		err := child.Wait()
		p.ended <- fmt.Sprintf("%s (pid %d) ended: %v; its log is %s", name, child.Process.Pid, err, log.Name())
	}()
	return nil
}

// wait returns when the user has had enough. A child that ends is only reported:
// killing one to see what the others do is what this is for.
func (p *processes) wait(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case what := <-p.ended:
			fmt.Println(what)
		}
	}
}

// stop ends the children, at first politely.
func (p *processes) stop() {
	running := len(p.children)
	for _, c := range p.children {
		_ = c.Process.Signal(syscall.SIGTERM) // it may have ended already
	}
	deadline := time.After(20 * time.Second)
	for ; running > 0; running-- {
		select {
		case <-p.ended:
		case <-deadline:
			for _, c := range p.children {
				_ = c.Process.Kill() // it may have ended already
			}
			return
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
