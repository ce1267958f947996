package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/spf13/cobra"

	"github.com/waypost/waypost/api/seal"
	"github.com/waypost/waypost/tracker/admin"
	"github.com/waypost/waypost/tracker/journal"
	"github.com/waypost/waypost/tracker/live"
	"github.com/waypost/waypost/tracker/tuning"
)

// serveFlags are those of serve: what tracker and ledger have, and where the snapshot
// comes from, either manifests (config) or an operator (cluster).
type serveFlags struct {
	public  publicFlags
	books   booksFlags
	logging logFlags
	cluster clusterFlags
	// config is the directory of manifests, "" with --kubernetes.
	config string
	// data holds what must outlive the process: journal, spool, copy of the snapshot, the
	// database unless --database is elsewhere, and without a cluster keys and admin token.
	data      string
	admin     string
	publicURL string
	// journalListen lets tools read the embedded journal.
	journalListen string
	// journalOnly leaves the journal to be read by a later start without it.
	journalOnly bool
	// statDisk is nil but in tests.
	statDisk func(dir string) (disk, error)
}

// newServeCommand is "waypost serve": tracker and ledger in one process, without a
// cluster.
func newServeCommand() *cobra.Command {
	var f serveFlags
	cmd := &cobra.Command{
		Use:   "serve --config DIR",
		Short: "Run everything in one process: no cluster, no other server needed",
		Long: `Serves the manifests in a directory, follows its changes, and keeps the journal and the
ledger's database in --data. A file with an object that admission would refuse is rejected
whole and its last good form is served on; the console shows it, with file and line.`,
		Example: `  waypost serve --config config/samples --data data`,
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return runServe(cmd.Context(), f) },
	}
	flags := cmd.Flags()
	f.public.addFlags(flags)
	f.books.addFlags(flags, "")
	f.logging.addFlags(flags)
	f.cluster.addFlags(flags)
	flags.StringVar(&f.config, "config", "", "directory with manifests")
	flags.StringVar(&f.data, "data", "data", "directory for keys, journal and database; made if need be")
	flags.StringVar(&f.admin, "admin", "127.0.0.1:9090", "admin port: health, metrics, API and console; not public")
	addPublicURL(flags, &f.publicURL)
	flags.StringVar(&f.journalListen, "journal-listen", "", "host:port on which tools may reach the embedded journal; empty opens no port")
	flags.BoolVar(&f.journalOnly, "journal-only", false, "leave the ledger's work for later, to measure the public port alone")
	_ = flags.MarkHidden("journal-only") // it is a flag of this command
	return cmd
}

// runServe opens the parts of serve in the order in which they need each other: keys
// and manifests, the journal, the database. Each is closed in reverse order, so the
// database outlives the fold, and the journal the database. An error of any part ends
// the start with the flag to look at.
func runServe(ctx context.Context, f serveFlags) (err error) {
	tuning.Apply()
	log, err := f.logging.logger(os.Stderr)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(f.data, 0o700); err != nil {
		return fmt.Errorf("making the data directory (--data): %w", err)
	}
	f.place()
	source, err := f.source(ctx, log)
	if err != nil {
		return err
	}
	embedded, err := journal.StartEmbedded(filepath.Join(f.data, "journal"), journal.EmbeddedOptions{
		Listen: f.journalListen, Log: log.WithName("journal"),
	})
	if err != nil {
		return fmt.Errorf("starting the journal: %w", err)
	}
	defer embedded.Close()
	conn, err := embedded.Connect(journal.ConnectOptions{Name: "waypost serve", Log: log.WithName("journal")})
	if err != nil {
		return err
	}
	defer conn.Close()

	registry := prometheus.NewRegistry()
	tracer, flushTraces, err := startTracing(ctx, "serve", log)
	if err != nil {
		return err
	}
	defer flushTraces()
	b, err := openBooks(ctx, f.books, conn, registry, tracer, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeWithin(flushGrace, b.close)) }()
	b.ledger.SetKeys(source.keys.Fingerprints())
	b.checkJournal(ctx)
	return f.run(ctx, source, conn, b, registry, log)
}

// place puts what has no place of its own into --data. The spool keeps the clicks of a
// journal that is held or full beyond the end of the process.
func (f *serveFlags) place() {
	f.books.database = cmp.Or(f.books.database, filepath.Join(f.data, "ledger.db"))
	f.public.spool = cmp.Or(f.public.spool, filepath.Join(f.data, "spool"))
}

// disks are what serve writes to.
func (f *serveFlags) disks() *disks {
	return newDisks(f.statDisk,
		[]place{{dir: f.data, flag: "--data", suffers: "postbacks are answered 503, clicks wait in memory"}},
		databasePlace(f.books.database), spoolPlace(f.public.spool))
}

// run puts the parts together that runServe has opened, and runs them until ctx ends.
// The public port is open before the first snapshot is there. Until then it answers 503,
// and the process is not ready.
//
// The process is ready for links (/readyz/links) with a snapshot alone, and ready as a
// whole only with a ledger that agrees with the journal: links go on where postbacks
// are refused.
func (f *serveFlags) run(ctx context.Context, source *servedSource, conn *journal.Conn, b *bookkeeping, registry *prometheus.Registry, log logr.Logger) error {
	holder := live.NewHolder(live.Options{Disk: source.disk, Log: log.WithName("snapshot")})
	registry.MustRegister(holder)
	front, err := newPublic(ctx, f.public, publicParts{
		keysDir: source.keysDir, keys: source.keys, holder: holder, conn: conn, name: "serve", metrics: registry, tracer: b.tracer, log: log,
	})
	if err != nil {
		return err
	}
	adminPort, err := listenAdmin(f.admin)
	if err != nil {
		return err
	}
	disks := f.disks()
	working := allReady(disks.ready, b.ledger.Ready, front.writer.Ready)
	handler, tasks := b.api(source.authorizer, admin.Options{
		Ready:    readyUntil(ctx, allReady(working, holder.Ready)),
		Links:    readyUntil(ctx, holder.Ready),
		Warning:  warning(working),
		Snapshot: func() any { return holder.Status() },
		Metrics:  withRuntime(registry), Log: log.WithName("admin"),
	})
	back := append(front.tasks(), append(tasks, b.watchKeys(source.keysDir), disks.watch(log))...)
	if !f.journalOnly {
		back = append(back, b.fold)
	}
	return stages{
		front: front.serve,
		flush: front.flush,
		back: append(back,
			func(ctx context.Context) error { return holder.Run(ctx, source.source) },
			func(ctx context.Context) error { return admin.Serve(ctx, adminPort, handler) },
			func(ctx context.Context) error {
				return f.greetWhenReady(ctx, holder, front.listener.Addr(), adminPort.Addr())
			}),
	}.run(ctx)
}

// servedSource is what differs between the two sources of snapshots: manifests and
// --kubernetes.
type servedSource struct {
	source live.Source
	// disk is the copy that a restart begins with. That of a cluster is verified with the
	// keys of the manifest's signer, one's own needs no signature.
	disk *live.Disk
	// keysDir holds the sealing keys, and is watched for rotations.
	keysDir string
	keys    *seal.Keyring
	// authorizer decides about the admin port: one token in a file, or Kubernetes' RBAC.
	authorizer admin.Authorizer
}

// source opens a manifest directory, or, with --kubernetes, the operator's snapshots.
// Sealing keys come first, because manifests hold digests and links that are made with
// them.
func (f *serveFlags) source(ctx context.Context, log logr.Logger) (*servedSource, error) {
	if f.cluster.enabled {
		return f.clusterSource(log)
	}
	if f.config == "" {
		return nil, errors.New("give the directory of the manifests with --config DIR")
	}
	if _, err := os.Stat(f.config); err != nil {
		return nil, fmt.Errorf("reading the manifests (--config): %w", err)
	}
	keys, err := f.sealingKeys(ctx)
	if err != nil {
		return nil, err
	}
	authorizer, err := admin.OpenTokenFile(filepath.Join(f.data, "admin.token"))
	if err != nil {
		return nil, err
	}
	disk := live.NewDisk(filepath.Join(f.data, "snapshot"), live.TrustAll)
	source, err := newManifestSource(ctx, f, keys, disk, log)
	if err != nil {
		return nil, err
	}
	return &servedSource{source: source, disk: disk, keysDir: f.data, keys: keys, authorizer: authorizer}, nil
}
