package main

import (
	"errors"
	"path/filepath"

	"github.com/go-logr/logr"
	"github.com/spf13/pflag"

	"github.com/waypost/waypost/api/seal"
	"github.com/waypost/waypost/tracker/live"
)

// clusterFlags let serve be tracker and ledger of a small cluster installation (mode
// embedded of the chart). They are named like those of tracker and ledger.
type clusterFlags struct {
	enabled    bool
	kubeconfig string
	namespace  string
	keys       string
	verifyKeys string
	tokenFile  string
}

func (f *clusterFlags) addFlags(flags *pflag.FlagSet) {
	flags.BoolVar(&f.enabled, "kubernetes", false, "serve what an operator publishes instead of --config: tracker and ledger in one pod")
	flags.StringVar(&f.kubeconfig, "kubeconfig", "", "with --kubernetes: kubeconfig; default as kubectl, or the pod's service account")
	flags.StringVar(&f.namespace, "snapshot-namespace", "waypost-snapshots", "with --kubernetes: namespace that the operator publishes snapshots in")
	flags.StringVar(&f.keys, "keys", "/etc/waypost/keys", "with --kubernetes: directory with "+seal.FileName)
	flags.StringVar(&f.verifyKeys, "verify-keys", "/etc/waypost/verify/"+verifyKeysFile, "with --kubernetes: PEM file with the public keys that manifests may be signed with")
	flags.StringVar(&f.tokenFile, "admin-token-file", "", "with --kubernetes: file with the one bearer token of the admin port; without it Kubernetes authorizes callers")
}

// clusterSource opens the operator's snapshots. Keys are read and never made here: the
// Secret belongs to the whole installation, and a key of this pod's own would make
// click ids that no other part can open.
func (f *serveFlags) clusterSource(log logr.Logger) (*servedSource, error) {
	if f.config != "" {
		return nil, errors.New("--config and --kubernetes exclude each other")
	}
	c := f.cluster
	keys, err := mountedKeys(c.keys)
	if err != nil {
		return nil, err
	}
	config, err := restConfig(c.kubeconfig)
	if err != nil {
		return nil, err
	}
	authorizer, err := newAuthorizer(c.tokenFile, c.kubeconfig)
	if err != nil {
		return nil, err
	}
	trust := live.TrustFile(c.verifyKeys)
	source, err := live.NewKubernetes(config, live.KubernetesOptions{Namespace: c.namespace, Trust: trust, Log: log.WithName("source")})
	if err != nil {
		return nil, err
	}
	disk := live.NewDisk(filepath.Join(f.data, "snapshot"), trust)
	return &servedSource{source: source, disk: disk, keysDir: c.keys, keys: keys, authorizer: authorizer}, nil
}
