// Localcluster is "make run-kubernetes": a real API server on loopback with the
// custom resources installed, NATS, and Waypost's operator, two trackers and a
// ledger as processes of their own beside it, each with the rights that config/rbac
// gives it and no others. It applies config/samples and runs until interrupted.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

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
	cluster := &cluster{environment: environment, root: environment.Root, data: data}
	if err := cluster.prepare(ctx); err != nil {
		return err
	}
	processes, err := cluster.start(ctx)
	if err != nil {
		return err
	}
	defer processes.stop()
	if err := cluster.applySamples(ctx); err != nil {
		return err
	}
	cluster.greet(os.Stdout)
	return processes.wait(ctx)
}
