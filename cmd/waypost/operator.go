package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/spf13/cobra"
	ctrllog "sigs.k8s.io/controller-runtime/pkg/log"
	ctrlmetrics "sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/waypost/waypost/api/seal"
	"github.com/waypost/waypost/controllers"
	"github.com/waypost/waypost/tracker/admin"
)

// operatorFlags are the operator's. Most are fields of controllers.Options; those beside
// it are files to be read first, or have the opposite sense.
type operatorFlags struct {
	options    controllers.Options
	logging    logFlags
	kubeconfig string
	// keys is the directory of the sealing keys, which make the digests of postback keys
	// and sealed links. Rotations are picked up while the operator runs.
	keys string
	// signingKey and verifyKeys are read once, at the start.
	signingKey  string
	verifyKeys  string
	leaderElect bool
	tokenFile   string
}

// newOperatorCommand is "waypost operator", the control plane of a cluster
// installation.
func newOperatorCommand() *cobra.Command {
	var f operatorFlags
	cmd := &cobra.Command{
		Use:   "operator",
		Short: "Compile and publish resources, and report in their status what is served (a part of a cluster installation)",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return runOperator(cmd.Context(), f) },
	}
	flags, o := cmd.Flags(), &f.options
	f.logging.addFlags(flags)
	flags.StringVar(&f.kubeconfig, "kubeconfig", "", "kubeconfig; default as kubectl, or the pod's service account")
	flags.StringVar(&o.Namespace, "namespace", controllers.DefaultNamespace, "the operator's own namespace: its lease, and the trackers' pods")
	flags.StringVar(&o.SnapshotsNamespace, "snapshot-namespace", controllers.DefaultSnapshotsNamespace, "namespace for snapshots and nothing else")
	flags.StringSliceVar(&o.WatchNamespaces, "watch-namespace", nil, "networks to serve; default all namespaces")
	flags.StringSliceVar(&o.TrackerURLs, "tracker-url", nil, "admin ports of trackers that are no pods, such as http://127.0.0.1:9090; repeatable")
	flags.StringVar(&o.TrackerNamespace, "tracker-namespace", "", "namespace of the trackers' pods; default --namespace")
	flags.StringVar(&o.TrackerSelector, "tracker-selector", controllers.DefaultTrackerSelector, "labels of the trackers' pods")
	flags.IntVar(&o.TrackerPort, "tracker-port", controllers.DefaultTrackerPort, "admin port of trackers whose pods name none \"admin\"")
	flags.StringVar(&o.LedgerURL, "ledger-url", "", "admin port of the ledger, such as http://127.0.0.1:9090: the source of suspended postbacks in Partners' statuses")
	flags.StringVar(&o.LedgerTokenFile, "ledger-token-file", "", "file with the bearer token for the ledger, of the audience "+admin.Audience)
	addPublicURL(flags, &o.PublicURL)
	flags.StringVar(&f.keys, "keys", "/etc/waypost/keys", "directory with "+seal.FileName+", mounted from the installation's Secret")
	flags.StringVar(&o.KeysSecret, "keys-secret", "waypost-keys", "the Secret in --namespace that --keys is mounted from: its keys are compared with the ConfigMap NAME-fingerprints, if there is one; empty compares none")
	flags.StringVar(&f.signingKey, "signing-key", "/etc/waypost/signing/"+signingKeyFile, "PEM file with the key that manifests are signed with; empty leaves them unsigned")
	flags.StringVar(&f.verifyKeys, "verify-keys", "", "PEM file with the public keys that trackers trust: what a former signing key signed is taken up at start")
	flags.IntVar(&o.KeepRevisions, "keep-revisions", 20, "how many revisions can be rolled back to, at least 5")
	flags.BoolVar(&f.leaderElect, "leader-elect", true, "lead only while holding the lease, so that two operators can run")
	flags.StringVar(&o.MetricsAddress, "admin", controllers.DefaultMetricsAddress, "port of /metrics; 0 is nowhere")
	addTokenFile(flags, &f.tokenFile)
	flags.StringVar(&o.HealthAddress, "health", controllers.DefaultHealthAddress, "port of /healthz and /readyz; 0 is nowhere")
	return cmd
}

// runOperator reads the keys and runs the control plane (package controllers) until the
// process is asked to stop. Keys that cannot be read end the start: records without the
// digests of postback keys must never be published.
func runOperator(ctx context.Context, f operatorFlags) error {
	log, err := f.logging.logger(os.Stderr)
	if err != nil {
		return err
	}
	logWatches(log)
	config, err := restConfig(f.kubeconfig)
	if err != nil {
		return err
	}
	o := f.options
	o.Log, o.KeysDir, o.DisableLeaderElection = log, f.keys, !f.leaderElect
	if o.Keys, err = mountedKeys(f.keys); err != nil {
		return err
	}
	if f.signingKey != "" {
		if o.SigningKey, err = controllers.LoadSigningKey(f.signingKey); err != nil {
			return err
		}
	}
	if f.verifyKeys != "" {
		if o.TrustedKeys, err = controllers.LoadTrustedKeys(f.verifyKeys); err != nil {
			return err
		}
	}
	authorizer, err := tokenAuthorizer(f.tokenFile)
	if err != nil {
		return err
	}
	if authorizer != nil {
		o.AdminHandlers = map[string]http.Handler{admin.ProfilesPath: admin.Profiles(authorizer)}
	}
	tracer, flush, err := startTracing(ctx, "operator", log)
	if err != nil {
		return err
	}
	defer flush()
	o.Tracer = tracer
	if err := showRuntime(); err != nil {
		return err
	}
	if err := controllers.Run(ctx, config, o); err != nil {
		return fmt.Errorf("running the operator: %w", err)
	}
	return nil
}

// logWatches shows the messages of the caches. They log to a logger of the process.
// Without it a watch that fails for ever, for a missing right or an object that cannot
// be read, fails in silence.
func logWatches(log logr.Logger) { ctrllog.SetLogger(log) }

// showRuntime adds the version to the metrics of controller-runtime, which has the
// others that every process shows.
func showRuntime() error {
	err := ctrlmetrics.Registry.Register(buildInfo())
	if already := (prometheus.AlreadyRegisteredError{}); err != nil && !errors.As(err, &already) {
		return fmt.Errorf("registering metrics: %w", err)
	}
	return nil
}
