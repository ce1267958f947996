// Localcluster is "make run-kubernetes": a real API server on loopback with the
// custom resources installed, NATS, and Waypost's operator, two trackers and a
// ledger as processes of their own beside it, each with the rights that config/rbac
// gives it and no others. It applies config/samples and runs until interrupted.
//
// Everything of it is under data/kubernetes of the checkout, which is emptied at each
// start: the API server begins empty, so a journal or database of before would belong to
// objects that are gone. A process that ends is reported and not started again: killing
// one to watch the others is what this is for.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/waypost/waypost/hack/installation"
	"github.com/waypost/waypost/hack/testenv"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "localcluster:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	environment, err := testenv.Launch()
	if err != nil {
		return err
	}
	defer func() {
		if err := environment.Stop(); err != nil {
			fmt.Fprintln(os.Stderr, "stopping the API server:", err)
		}
	}()
	data := filepath.Join(environment.Root, "data", "kubernetes")
	if err := os.RemoveAll(data); err != nil { // the API server starts empty, so what is left of an earlier run is of no use
		return fmt.Errorf("emptying %s: %w", data, err)
	}
	if err := os.MkdirAll(data, 0o700); err != nil {
		return fmt.Errorf("making %s: %w", data, err)
	}
	i := &installation.Installation{
		Environment: environment, Ports: installation.FixedPorts(), Data: data,
		Binary: filepath.Join(environment.Root, "bin", "waypost"),
	}
	if err := i.Prepare(ctx); err != nil {
		return err
	}
	processes, err := i.Start(ctx)
	if err != nil {
		return err
	}
	defer processes.Stop()
	if err := i.ApplySamples(ctx); err != nil {
		return err
	}
	i.Greet(os.Stdout)
	for {
		select {
		case <-ctx.Done():
			return nil
		case what := <-processes.Ended:
			fmt.Println(what)
		}
	}
}
