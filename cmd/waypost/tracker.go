package main

import (
	"context"
	"fmt"
	"net"
	"os"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/waypost/waypost/api/seal"
	"github.com/waypost/waypost/tracker/admin"
	"github.com/waypost/waypost/tracker/live"
	"github.com/waypost/waypost/tracker/tuning"
)

// trackerFlags are the tracker's beside the public port's.
type trackerFlags struct {
	public    publicFlags
	logging   logFlags
	admin     string
	tokenFile string
	// name stands in each batch of the journal, so that a gap in a writer's sequence can
	// be traced to a pod.
	name       string
	kubeconfig string
	namespace  string
	// keys and verifyKeys are mounts of two Secrets: what seals ids, and the public half of
	// what signs manifests. A tracker never has the signing key.
	keys        string
	verifyKeys  string
	journalURL  string
	journalOpts journalFlags
	// cache is what a restart serves from while the API server is away, "" for none.
	cache string
	// statDisk is nil but in tests.
	statDisk func(dir string) (disk, error)
}

// newTrackerCommand is "waypost tracker", the data plane of a cluster installation.
func newTrackerCommand() *cobra.Command {
	var f trackerFlags
	cmd := &cobra.Command{
		Use:   "tracker",
		Short: "Serve clicks, impressions and postbacks from published snapshots (a part of a cluster installation)",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return runTracker(cmd.Context(), f) },
	}
	flags := cmd.Flags()
	f.public.addFlags(flags)
	f.logging.addFlags(flags)
	f.journalOpts.addFlags(flags)
	hostname, _ := os.Hostname() // "" is a usable default; --name overrides it
	flags.StringVar(&f.admin, "admin", "127.0.0.1:9090", "admin port: health, metrics, acknowledgement; not public")
	addTokenFile(flags, &f.tokenFile)
	flags.StringVar(&f.name, "name", hostname, "name of this tracker in the journal")
	flags.StringVar(&f.kubeconfig, "kubeconfig", "", "kubeconfig; default as kubectl, or the pod's service account")
	flags.StringVar(&f.namespace, "snapshot-namespace", "waypost-snapshots", "namespace that the operator publishes snapshots in")
	flags.StringVar(&f.keys, "keys", "/etc/waypost/keys", "directory with "+seal.FileName+", mounted from the installation's Secret")
	flags.StringVar(&f.verifyKeys, "verify-keys", "/etc/waypost/verify/"+verifyKeysFile, "PEM file with the public keys that manifests may be signed with")
	flags.StringVar(&f.journalURL, "journal-url", "nats://127.0.0.1:4222", "NATS servers of the journal, joined by commas")
	flags.StringVar(&f.cache, "cache", "/var/cache/waypost", "directory for the copy of the snapshot that a restart begins with; empty for none")
	return cmd
}

// runTracker opens the tracker's parts and runs them in stages: the public port ends
// first, then what it has accepted is flushed to the journal, then snapshot source and
// admin port end. It needs neither the operator nor the ledger to be there.
func runTracker(ctx context.Context, f trackerFlags) error {
	tuning.Apply()
	log, err := f.logging.logger(os.Stderr)
	if err != nil {
		return err
	}
	keys, err := mountedKeys(f.keys)
	if err != nil {
		return err
	}
	config, err := restConfig(f.kubeconfig)
	if err != nil {
		return err
	}
	source, err := live.NewKubernetes(config, live.KubernetesOptions{
		Namespace: f.namespace, Trust: live.TrustFile(f.verifyKeys), Log: log.WithName("source"),
	})
	if err != nil {
		return err
	}
	conn, err := f.journalOpts.connect(f.journalURL, "tracker "+f.name, log)
	if err != nil {
		return err
	}
	defer conn.Close()

	tracer, flushTraces, err := startTracing(ctx, "tracker", log)
	if err != nil {
		return err
	}
	defer flushTraces()
	registry := prometheus.NewRegistry()
	holder := live.NewHolder(live.Options{Disk: f.disk(), Log: log.WithName("snapshot")})
	registry.MustRegister(holder)
	front, err := newPublic(ctx, f.public, publicParts{
		keysDir: f.keys, keys: keys, holder: holder, conn: conn, name: f.name, metrics: registry, tracer: tracer, log: log,
	})
	if err != nil {
		return err
	}
	adminPort, err := listenAdmin(f.admin)
	if err != nil {
		return err
	}
	authorizer, err := tokenAuthorizer(f.tokenFile)
	if err != nil {
		return err
	}
	disks := f.disks()
	handler := admin.NewHandler(admin.Options{
		Ready:      readyUntil(ctx, holder.Ready),
		Warning:    warning(allReady(disks.ready, front.writer.Ready)),
		Snapshot:   func() any { return holder.Status() },
		Metrics:    withRuntime(registry),
		Authorizer: authorizer,
		Log:        log.WithName("admin"),
	})
	return stages{
		front: front.serve,
		flush: front.flush,
		back: append(front.tasks(), disks.watch(log),
			func(ctx context.Context) error { return holder.Run(ctx, source) },
			func(ctx context.Context) error { return admin.Serve(ctx, adminPort, handler) }),
	}.run(ctx)
}

// disk returns the copy of the snapshot in --cache, nil without the flag. It is
// verified like a manifest of the cluster, because a volume may be written by others.
func (f *trackerFlags) disk() *live.Disk {
	if f.cache == "" {
		return nil
	}
	return live.NewDisk(f.cache, live.TrustFile(f.verifyKeys))
}

// disks are what a tracker writes to. It serves without them.
func (f *trackerFlags) disks() *disks {
	var cache []place
	if f.cache != "" {
		cache = []place{{dir: f.cache, flag: "--cache", later: true, suffers: "a restart while the API server is away begins with an older snapshot, or none"}}
	}
	return newDisks(f.statDisk, spoolPlace(f.public.spool), cache)
}

// readyUntil reports not ready from the moment on that the process is asked to stop, so
// that load balancers turn away before the port closes.
func readyUntil(ctx context.Context, ready func() (bool, string)) func() (bool, string) {
	return func() (bool, string) {
		if ctx.Err() != nil {
			return false, "this process to end"
		}
		return ready()
	}
}

// addTokenFile adds the flag of a part that has no right to ask the API server for
// callers.
func addTokenFile(flags *pflag.FlagSet, file *string) {
	flags.StringVar(file, "admin-token-file", "",
		"file with the bearer token that /debug/pprof/ on the admin port asks for, made if need be; empty serves no profiles")
}

// tokenAuthorizer returns nil without a file: nothing that asks for a token is served
// then. The file is made with a fresh token where it is missing.
func tokenAuthorizer(file string) (admin.Authorizer, error) {
	if file == "" {
		return nil, nil
	}
	return admin.OpenTokenFile(file)
}

// listenAdmin opens the admin port before anything is served, so that a port in use
// ends the start.
func listenAdmin(address string) (net.Listener, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("opening the admin port (--admin): %w", err)
	}
	return l, nil
}
