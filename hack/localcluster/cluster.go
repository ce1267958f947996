package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"sigs.k8s.io/controller-runtime/pkg/envtest"

	"github.com/waypost/waypost/hack/testenv"
)

const (
	systemNamespace   = "waypost-system"
	snapshotNamespace = "waypost-snapshots"
	journalAddress    = "127.0.0.1:14222"
	ledgerAdmin       = "127.0.0.1:9090"
)

// trackers are where the two trackers listen: the public and the admin port.
var trackers = []struct{ listen, admin string }{
	{"127.0.0.1:8080", "127.0.0.1:9091"},
	{"127.0.0.1:8081", "127.0.0.1:9092"},
}

// cluster is the API server with what Waypost's parts need of it.
type cluster struct {
	environment *testenv.Environment
	root        string
	data        string
}

func (c *cluster) path(parts ...string) string {
	return filepath.Join(append([]string{c.data}, parts...)...)
}

func (c *cluster) waypost() string { return filepath.Join(c.root, "bin", "waypost") }

// prepare makes namespaces, rights, kubeconfigs and keys.
func (c *cluster) prepare(ctx context.Context) error {
	for _, dir := range []string{"logs", "keys"} {
		if err := os.MkdirAll(c.path(dir), 0o700); err != nil {
			return fmt.Errorf("making %s: %w", c.path(dir), err)
		}
	}
	if err := c.writeKubeconfig("kubeconfig", "admin", "system:masters"); err != nil {
		return err
	}
	for _, namespace := range []string{systemNamespace, snapshotNamespace} {
		if err := c.kubectl(ctx, "create", "namespace", namespace); err != nil {
			return err
		}
	}
	if err := c.kubectl(ctx, "apply", "-k", filepath.Join(c.root, "config", "rbac")); err != nil {
		return err
	}
	for _, part := range []string{"operator", "tracker", "ledger"} {
		user := "system:serviceaccount:" + systemNamespace + ":waypost-" + part
		if err := c.writeKubeconfig(part+".kubeconfig", user, "system:serviceaccounts", "system:serviceaccounts:"+systemNamespace, "system:authenticated"); err != nil {
			return err
		}
	}
	return do(ctx, nil, c.waypost(), "keys", "init", "--data", c.path("keys"), "--signing")
}

// writeKubeconfig makes a user of the API server with its own client certificate.
func (c *cluster) writeKubeconfig(file, user string, groups ...string) error {
	added, err := c.environment.AddUser(envtest.User{Name: user, Groups: groups}, nil)
	if err != nil {
		return fmt.Errorf("making the user %s: %w", user, err)
	}
	config, err := added.KubeConfig()
	if err != nil {
		return fmt.Errorf("making the kubeconfig of %s: %w", user, err)
	}
	return os.WriteFile(c.path(file), config, 0o600)
}

// start launches NATS and Waypost's parts.
func (c *cluster) start(ctx context.Context) (*processes, error) {
	nats := filepath.Join(c.root, "bin", "nats-server")
	if err := do(ctx, []string{"CGO_ENABLED=0"}, "go", "build", "-o", nats, "github.com/nats-io/nats-server/v2"); err != nil {
		return nil, err
	}
	config := fmt.Sprintf("listen: %q\njetstream {store_dir: %q, sync_interval: always}\nmax_payload: 8MB\n", journalAddress, c.path("nats"))
	if err := os.WriteFile(c.path("nats.conf"), []byte(config), 0o600); err != nil {
		return nil, fmt.Errorf("writing the configuration of NATS: %w", err)
	}
	p := &processes{ended: make(chan string, 8)}
	launch := func(name, command string, args ...string) error {
		return p.launch(c.path("logs"), name, nil, command, args...)
	}
	err := launch("nats", nats, "-c", c.path("nats.conf"))
	if err == nil {
		err = launch("operator", c.waypost(), c.operatorArgs()...)
	}
	for i := range trackers {
		if err == nil {
			err = launch(fmt.Sprintf("tracker-%d", i+1), c.waypost(), c.trackerArgs(i)...)
		}
	}
	if err == nil {
		err = launch("ledger", c.waypost(), c.ledgerArgs()...)
	}
	if err != nil {
		p.stop()
		return nil, err
	}
	return p, nil
}

func (c *cluster) operatorArgs() []string {
	args := []string{"operator", "--kubeconfig", c.path("operator.kubeconfig"),
		"--namespace", systemNamespace, "--snapshot-namespace", snapshotNamespace,
		"--keys", c.path("keys"), "--signing-key", c.path("keys", "signing-key.pem"),
		"--admin", "127.0.0.1:9093", "--public-url", "http://" + trackers[0].listen}
	for _, t := range trackers {
		args = append(args, "--tracker-url", "http://"+t.admin)
	}
	return args
}

func (c *cluster) trackerArgs(i int) []string {
	name := fmt.Sprintf("tracker-%d", i+1)
	return []string{"tracker", "--kubeconfig", c.path("tracker.kubeconfig"), "--name", name,
		"--snapshot-namespace", snapshotNamespace, "--keys", c.path("keys"), "--verify-keys", c.path("keys", "verify-keys.pem"),
		"--journal-url", "nats://" + journalAddress, "--cache", c.path(name),
		"--listen", trackers[i].listen, "--admin", trackers[i].admin}
}

func (c *cluster) ledgerArgs() []string {
	return []string{"ledger", "--kubeconfig", c.path("ledger.kubeconfig"), "--journal-url", "nats://" + journalAddress,
		"--database", c.path("ledger.db"), "--admin", ledgerAdmin}
}

// applySamples does what a newcomer would do next.
func (c *cluster) applySamples(ctx context.Context) error {
	if err := c.kubectl(ctx, "apply", "-k", filepath.Join(c.root, "config", "samples")); err != nil {
		return err
	}
	return c.kubectl(ctx, "wait", "--for=condition=Ready", "offer", "--all", "--timeout=60s")
}

func (c *cluster) kubectl(ctx context.Context, args ...string) error {
	return do(ctx, []string{"KUBECONFIG=" + c.path("kubeconfig")}, filepath.Join(c.environment.BinaryAssetsDirectory, "kubectl"), args...)
}

func (c *cluster) greet(w io.Writer) {
	fmt.Fprintf(w, `A real API server runs on loopback, with Waypost beside it; config/samples is applied and served.

  export KUBECONFIG=%s
  kubectl get waypost
  kubectl wait --for=condition=Ready offer --all
  kubectl edit offer summer-shoes

  click     curl -si 'http://%s/click?offer=1001&partner=2002&sub1=news'
  postback  curl -s 'http://%s/postback?clickid=CLICKID&goal=2&amount=30.00'
  report    waypost report --token "$(kubectl -n %s create token waypost-reader)"

The processes log to %s; kill any of them to see what the others do. Ctrl-C ends all.
`, c.path("kubeconfig"), trackers[0].listen, trackers[1].listen, systemNamespace, c.path("logs"))
}
