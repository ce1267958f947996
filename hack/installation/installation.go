// Package installation runs Waypost's parts as the processes that they are in a
// cluster: operator, trackers and ledger beside a real API server and NATS, each
// with the rights that config/rbac gives it and no others. "make run-kubernetes"
// and the tests that kill processes use it.
//
// The order is that of an installation: Prepare makes the namespaces, applies
// config/rbac, makes a client certificate with the name and groups of each part's
// service account, and the keys. Start then launches NATS, the operator, the trackers
// and the ledgers. There is no kubelet, so trackers are named to the operator by their
// URLs, and what a pod would get by a mount is a file in Data.
package installation

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"sigs.k8s.io/controller-runtime/pkg/envtest"

	"github.com/waypost/waypost/hack/testenv"
)

const (
	systemNamespace   = "waypost-system"
	snapshotNamespace = "waypost-snapshots"
)

// Ports are where everything listens; FreePorts finds some that are free.
type Ports struct {
	OperatorMetrics, OperatorHealth, LedgerAdmin string
	Trackers                                     []TrackerPorts
	Journal                                      []JournalPorts
}

// TrackerPorts are the public and the admin port of one tracker.
type TrackerPorts struct{ Public, Admin string }

// JournalPorts are those of one NATS server: for its clients, and for the other
// servers of its cluster.
type JournalPorts struct{ Clients, Cluster string }

// FixedPorts are those of "make run-kubernetes", easy to remember.
func FixedPorts() Ports {
	return Ports{
		OperatorMetrics: "127.0.0.1:9093", OperatorHealth: "127.0.0.1:9094", LedgerAdmin: "127.0.0.1:9090",
		Trackers: []TrackerPorts{{"127.0.0.1:8080", "127.0.0.1:9091"}, {"127.0.0.1:8081", "127.0.0.1:9092"}},
		Journal:  []JournalPorts{{Clients: "127.0.0.1:14222"}},
	}
}

// FreeAddresses asks the kernel for n addresses on loopback that are free.
func FreeAddresses(n int) ([]string, error) {
	var addresses []string
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, fmt.Errorf("looking for a free port: %w", err)
		}
		defer func() { _ = l.Close() }() // held until all are found, so that none comes twice
		addresses = append(addresses, l.Addr().String())
	}
	return addresses, nil
}

// FreePorts are free ones for two trackers, so many NATS servers and the rest.
func FreePorts(journal int) (Ports, error) {
	addresses, err := FreeAddresses(7 + 2*journal)
	if err != nil {
		return Ports{}, err
	}
	p := Ports{
		OperatorMetrics: addresses[0], OperatorHealth: addresses[1], LedgerAdmin: addresses[2],
		Trackers: []TrackerPorts{{addresses[3], addresses[4]}, {addresses[5], addresses[6]}},
	}
	for n := range journal {
		p.Journal = append(p.Journal, JournalPorts{addresses[7+2*n], addresses[8+2*n]})
	}
	return p, nil
}

// Installation is an API server with what Waypost's parts need of it. Data must be
// an empty directory; Binary is the waypost program.
type Installation struct {
	Environment *testenv.Environment
	Ports       Ports
	Data        string
	Binary      string
	// Spool gives the first tracker a spool; the second one keeps to memory.
	Spool bool

	// TrackerFlags are given to each tracker beside what it needs.
	TrackerFlags []string
	// Ledgers are the ledgers to run. None is the usual one: "ledger", on SQLite.
	Ledgers []Ledger
}

// Ledger is one ledger's process. Several may share a journal, and a database.
type Ledger struct {
	// Name is the name of the process, Admin the address of its admin port.
	Name, Admin string
	// Database is a file, or the URL of a PostgreSQL database.
	Database string
	// Flags are given to it beside what it needs.
	Flags []string
}

// Path is a path in Data.
func (i *Installation) Path(parts ...string) string {
	return filepath.Join(append([]string{i.Data}, parts...)...)
}

// Prepare makes namespaces, rights, kubeconfigs and keys.
func (i *Installation) Prepare(ctx context.Context) error {
	for _, dir := range []string{"logs", "keys"} {
		if err := os.MkdirAll(i.Path(dir), 0o700); err != nil {
			return fmt.Errorf("making %s: %w", i.Path(dir), err)
		}
	}
	if err := i.writeKubeconfig("kubeconfig", "admin", "system:masters"); err != nil {
		return err
	}
	for _, namespace := range []string{systemNamespace, snapshotNamespace} {
		if err := i.Kubectl(ctx, "create", "namespace", namespace); err != nil {
			return err
		}
	}
	if err := i.Kubectl(ctx, "apply", "-k", filepath.Join(i.Environment.Root, "config", "rbac")); err != nil {
		return err
	}
	for _, part := range []string{"operator", "tracker", "ledger"} {
		user := "system:serviceaccount:" + systemNamespace + ":waypost-" + part
		if err := i.writeKubeconfig(part+".kubeconfig", user, "system:serviceaccounts", "system:serviceaccounts:"+systemNamespace, "system:authenticated"); err != nil {
			return err
		}
	}
	if err := i.writeToken(ctx); err != nil {
		return err
	}
	return do(ctx, nil, i.Binary, "keys", "init", "--data", i.Path("keys"), "--signing")
}

// writeToken makes what a projected volume gives the operator's pod: a token of its
// service account that is good for the ledger alone.
func (i *Installation) writeToken(ctx context.Context) error {
	token, err := i.Output(ctx, "create", "token", "waypost-operator", "--namespace", systemNamespace, "--audience", "waypost-ledger", "--duration", "24h")
	if err != nil {
		return err
	}
	return os.WriteFile(i.Path("ledger-token"), token, 0o600)
}

// writeKubeconfig makes a user of the API server with its own client certificate.
func (i *Installation) writeKubeconfig(file, user string, groups ...string) error {
	added, err := i.Environment.AddUser(envtest.User{Name: user, Groups: groups}, nil)
	if err != nil {
		return fmt.Errorf("making the user %s: %w", user, err)
	}
	config, err := added.KubeConfig()
	if err != nil {
		return fmt.Errorf("making the kubeconfig of %s: %w", user, err)
	}
	return os.WriteFile(i.Path(file), config, 0o600)
}

// Start launches NATS and Waypost's parts.
func (i *Installation) Start(ctx context.Context) (*Processes, error) {
	p := NewProcesses(i.Path("logs"))
	err := i.launchJournal(ctx, p)
	if err == nil {
		err = p.Launch("operator", i.Binary, i.operatorArgs()...)
	}
	for n := range i.Ports.Trackers {
		if err == nil {
			err = p.Launch(fmt.Sprintf("tracker-%d", n+1), i.Binary, i.trackerArgs(n)...)
		}
	}
	for _, l := range i.ledgers() {
		if err == nil {
			err = p.Launch(l.Name, i.Binary, i.LedgerArgs(l)...)
		}
	}
	if err != nil {
		p.Stop()
		return nil, err
	}
	return p, nil
}

// operatorArgs is the command line of the operator. Links in statuses lead to the first
// tracker.
func (i *Installation) operatorArgs() []string {
	args := []string{"operator", "--kubeconfig", i.Path("operator.kubeconfig"),
		"--namespace", systemNamespace, "--snapshot-namespace", snapshotNamespace,
		"--keys", i.Path("keys"), "--signing-key", i.Path("keys", "signing-key.pem"),
		"--ledger-url", "http://" + i.Ports.LedgerAdmin, "--ledger-token-file", i.Path("ledger-token"),
		"--admin", i.Ports.OperatorMetrics, "--health", i.Ports.OperatorHealth, "--public-url", "http://" + i.Ports.Trackers[0].Public}
	for _, t := range i.Ports.Trackers {
		args = append(args, "--tracker-url", "http://"+t.Admin)
	}
	return args
}

// trackerArgs is the command line of the nth tracker. It serves on for three seconds when
// it ends, as a pod does for tracker.drainSeconds of the chart.
func (i *Installation) trackerArgs(n int) []string {
	name := fmt.Sprintf("tracker-%d", n+1)
	args := append([]string{"tracker", "--kubeconfig", i.Path("tracker.kubeconfig"), "--name", name,
		"--snapshot-namespace", snapshotNamespace, "--keys", i.Path("keys"), "--verify-keys", i.Path("keys", "verify-keys.pem"),
		"--journal-url", i.JournalURL(), "--cache", i.Path(name), "--drain-delay", "3s",
		"--listen", i.Ports.Trackers[n].Public, "--admin", i.Ports.Trackers[n].Admin}, i.TrackerFlags...)
	if n == 0 && i.Spool {
		args = append(args, "--spool", i.Path(name+".spool"))
	}
	return args
}

// ledgers are those to run, the usual one where none are named.
func (i *Installation) ledgers() []Ledger {
	if len(i.Ledgers) > 0 {
		return i.Ledgers
	}
	return []Ledger{{Name: "ledger", Admin: i.Ports.LedgerAdmin, Database: i.Path("ledger.db")}}
}

// LedgerArgs is the command line of a ledger; with "rebuild" after its first word
// that of a rebuild.
func (i *Installation) LedgerArgs(l Ledger) []string {
	return append([]string{"ledger", "--kubeconfig", i.Path("ledger.kubeconfig"), "--journal-url", i.JournalURL(),
		"--database", l.Database, "--admin", l.Admin, "--keys", i.Path("keys")}, l.Flags...)
}

// ApplySamples applies config/samples and waits until all offers are Ready.
func (i *Installation) ApplySamples(ctx context.Context) error {
	if err := i.Kubectl(ctx, "apply", "-k", filepath.Join(i.Environment.Root, "config", "samples")); err != nil {
		return err
	}
	return i.Kubectl(ctx, "wait", "--for=condition=Ready", "offer", "--all", "--timeout=60s")
}

// Kubectl runs kubectl as an administrator.
func (i *Installation) Kubectl(ctx context.Context, args ...string) error {
	return do(ctx, []string{"KUBECONFIG=" + i.Path("kubeconfig")}, filepath.Join(i.Environment.BinaryAssetsDirectory, "kubectl"), args...)
}

// Output is what kubectl prints, as an administrator.
func (i *Installation) Output(ctx context.Context, args ...string) ([]byte, error) {
	c := exec.CommandContext(ctx, filepath.Join(i.Environment.BinaryAssetsDirectory, "kubectl"), args...)
	c.Env = append(os.Environ(), "KUBECONFIG="+i.Path("kubeconfig"))
	out, err := c.Output()
	if err != nil {
		return nil, fmt.Errorf("kubectl %s: %w", strings.Join(args, " "), err)
	}
	return out, nil
}

// Greet prints what there is to try.
func (i *Installation) Greet(w io.Writer) {
	fmt.Fprintf(w, `A real API server runs on loopback, with Waypost beside it; config/samples is applied and served.

  export KUBECONFIG=%s
  kubectl get waypost
  kubectl wait --for=condition=Ready offer --all
  kubectl edit offer summer-shoes

  click     curl -si 'http://%s/click?offer=1001&partner=2002&sub1=news'
  postback  curl -s 'http://%s/postback?clickid=CLICKID&goal=2&amount=30.00'
  report    waypost report --token "$(kubectl -n %s create token waypost-reader)"

The processes log to %s; kill any of them to see what the others do. Ctrl-C ends all.
`, i.Path("kubeconfig"), i.Ports.Trackers[0].Public, i.Ports.Trackers[1].Public, systemNamespace, i.Path("logs"))
}
