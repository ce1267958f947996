package journal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// natsEnv makes the test binary a NATS server of its own: a process that can be
// killed.
const natsEnv = "WAYPOST_TEST_NATS"

// natsNode is one server process.
type natsNode struct {
	Name    string
	Dir     string
	Port    int
	Routes  []int // cluster ports of all nodes; none for a single server
	RouteOf int   // its own

	cmd *exec.Cmd
}

// runNATS is the main function of a server process.
func runNATS(config string) error {
	var n natsNode
	if err := json.Unmarshal([]byte(config), &n); err != nil {
		return err
	}
	o := &server.Options{
		ServerName: n.Name, Host: "127.0.0.1", Port: n.Port, NoLog: true, NoSigs: true,
		JetStream: true, StoreDir: n.Dir, SyncAlways: true, JetStreamMaxStore: 1 << 30, JetStreamMaxMemory: 64 << 20,
	}
	if len(n.Routes) > 0 {
		o.Cluster = server.ClusterOpts{Name: "test", Host: "127.0.0.1", Port: n.RouteOf}
		var routes []string
		for _, port := range n.Routes {
			routes = append(routes, fmt.Sprintf("nats://127.0.0.1:%d", port))
		}
		o.Routes = server.RoutesFromStr(strings.Join(routes, ","))
	}
	ns, err := server.NewServer(o)
	if err != nil {
		return err
	}
	ns.Start()
	ns.WaitForShutdown()
	return nil
}

func (n *natsNode) start(t testing.TB) {
	t.Helper()
	config, err := json.Marshal(n)
	if err != nil {
		t.Fatal(err)
	}
	n.cmd = exec.Command(os.Args[0])
	n.cmd.Env = append(os.Environ(), natsEnv+"="+string(config))
	n.cmd.Stderr = os.Stderr
	if err := n.cmd.Start(); err != nil {
		t.Fatal(err)
	}
}

// kill ends the process as a crash does.
func (n *natsNode) kill() {
	if n.cmd != nil {
		_ = n.cmd.Process.Kill()
		_ = n.cmd.Wait()
		n.cmd = nil
	}
}

func (n *natsNode) url() string { return fmt.Sprintf("nats://127.0.0.1:%d", n.Port) }

// freePorts returns n ports that nobody listens on.
func freePorts(t testing.TB, n int) []int {
	t.Helper()
	var ports []int
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = l.Close() }()
		ports = append(ports, l.Addr().(*net.TCPAddr).Port)
	}
	return ports
}

// startNATS starts size server processes that form a cluster, or a single server.
func startNATS(t testing.TB, size int) ([]*natsNode, string) {
	t.Helper()
	ports := freePorts(t, 2*size)
	nodes := make([]*natsNode, size)
	var urls []string
	for i := range nodes {
		nodes[i] = &natsNode{Name: fmt.Sprint("node-", i), Dir: t.TempDir(), Port: ports[i]}
		if size > 1 {
			nodes[i].RouteOf, nodes[i].Routes = ports[size+i], ports[size:]
		}
		urls = append(urls, nodes[i].url())
	}
	for _, n := range nodes {
		n.start(t)
		t.Cleanup(n.kill)
	}
	return nodes, strings.Join(urls, ",")
}

func connectTest(t testing.TB, url string, o ConnectOptions) *Conn {
	t.Helper()
	c, err := Connect(url, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// awaitStream waits until the journal is there.
func awaitStream(t testing.TB, c *Conn) {
	t.Helper()
	eventually(t, func() bool {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		return c.EnsureStream(ctx) == nil
	})
}

// leader returns the node that leads the journal's stream.
func leader(t testing.TB, c *Conn, nodes []*natsNode) *natsNode {
	t.Helper()
	var found *natsNode
	eventually(t, func() bool {
		s, err := c.js.Stream(testContext(t), StreamName)
		if err != nil || s.CachedInfo().Cluster == nil {
			return false
		}
		for _, n := range nodes {
			if n.Name == s.CachedInfo().Cluster.Leader {
				found = n
			}
		}
		return found != nil
	})
	return found
}

func TestClusterMakesThreeReplicas(t *testing.T) {
	_, url := startNATS(t, 3)
	c := connectTest(t, url, ConnectOptions{})
	awaitStream(t, c)
	for _, name := range []string{StreamName, CapsStreamName} {
		s, err := c.js.Stream(testContext(t), name)
		if err != nil || s.CachedInfo().Config.Replicas != 3 {
			t.Fatalf("%s: %v, %v; want 3 replicas", name, s, err)
		}
	}
}

// The promise of the journal: whatever happens to its servers, what was answered
// is in it, once and in its writer's order.
func TestLeaderKilledUnderLoad(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a minute under load; -short leaves it out")
	}
	nodes, url := startNATS(t, 3)
	c := connectTest(t, url, ConnectOptions{})
	awaitStream(t, c)
	r := newTestReader(t, c, 0, ReaderOptions{})
	loads := []*load{startLoad(t, url, ""), startLoad(t, url, t.TempDir()+"/spool")}
	for range 2 {
		awaitAnswers(t, loads, 200)
		victim := leader(t, c, nodes)
		victim.kill()
		awaitAnswers(t, loads, 200)
		victim.start(t)
	}
	wantAll(t, r, loads)
}

// A leader that hangs may hold batches back and deliver them long after the same
// ones were sent to its successor, and later ones too.
func TestLeaderStalledUnderLoad(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a minute under load; -short leaves it out")
	}
	nodes, url := startNATS(t, 3)
	c := connectTest(t, url, ConnectOptions{})
	awaitStream(t, c)
	r := newTestReader(t, c, 0, ReaderOptions{})
	loads := []*load{startLoad(t, url, ""), startLoad(t, url, t.TempDir()+"/spool")}
	awaitAnswers(t, loads, 200)
	victim := leader(t, c, nodes)
	if err := victim.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	awaitAnswers(t, loads, 200)
	if err := victim.cmd.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	awaitAnswers(t, loads, 500)
	wantAll(t, r, loads)
}

func TestSmallClusterMakesDoWithOneReplica(t *testing.T) {
	_, url := startNATS(t, 2)
	c := connectTest(t, url, ConnectOptions{})
	c.journal.patience, c.caps.patience = 100*time.Millisecond, 100*time.Millisecond
	awaitStream(t, c)
	s, err := c.stream(testContext(t))
	if err != nil || s.CachedInfo().Config.Replicas != 1 {
		t.Fatalf("%v, %v; want 1 replica", s, err)
	}
}

// All of the journal's servers may go at once, and come back: a single one, or the
// three of a cluster.
func TestJournalKilledAndStartedAgain(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a minute under load; -short leaves it out")
	}
	for _, size := range []int{1, 3} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			nodes, url := startNATS(t, size)
			c := connectTest(t, url, ConnectOptions{})
			awaitStream(t, c)
			r := newTestReader(t, c, 0, ReaderOptions{})
			loads := []*load{startLoad(t, url, ""), startLoad(t, url, t.TempDir()+"/spool")}
			for range 3 {
				awaitAnswers(t, loads, 100)
				for _, n := range nodes {
					n.kill()
				}
				awaitRefusals(t, loads, 5)
				for _, n := range nodes {
					n.start(t)
				}
			}
			awaitAnswers(t, loads, 100)
			wantAll(t, r, loads)
		})
	}
}

// TestRestoredCluster: an older copy of all three servers' disks is not taken for the
// journal that was read, however long it grows, and the newer one is.
func TestRestoredCluster(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a minute under load; -short leaves it out")
	}
	nodes, url := startNATS(t, 3)
	c := connectTest(t, url, ConnectOptions{})
	awaitStream(t, c)
	restore := func(to []string) (were []string) {
		t.Helper()
		for _, n := range nodes {
			n.kill()
		}
		for i, n := range nodes {
			were = append(were, n.Dir)
			n.Dir = filepath.Join(t.TempDir(), "copy")
			if err := os.CopyFS(n.Dir, os.DirFS(to[i])); err != nil {
				t.Fatal(err)
			}
		}
		for _, n := range nodes {
			n.start(t)
		}
		return were
	}
	post := func(n int) State {
		t.Helper()
		w := newTestWriter(t, c, WriterOptions{VerdictWait: time.Nanosecond, DurableWait: time.Minute})
		for range n {
			if _, err := w.Postback(testContext(t), &Postback{ClickID: "x"}); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(testContext(t)); err != nil {
			t.Fatal(err)
		}
		end, err := c.EndPosition(testContext(t))
		if err != nil {
			t.Fatal(err)
		}
		return inspected(t, c, end)
	}
	post(5)
	older := restore([]string{nodes[0].Dir, nodes[1].Dir, nodes[2].Dir})
	books := post(4)
	newer := restore(older)
	reads := func(want error) {
		t.Helper()
		r := newTestReader(t, c, books.Last, ReaderOptions{Digest: books.Digest, Patience: time.Millisecond})
		defer r.Close()
		if _, err := r.Read(testContext(t), 1); !errors.Is(err, want) {
			t.Fatalf("read on: %v, want %v", err, want)
		}
	}
	if s := inspected(t, c, books.Last); s.Last != 5 || s.Digest != 0 {
		t.Fatalf("restored: %+v", s)
	}
	reads(ErrRewound)
	post(7)
	if s := inspected(t, c, books.Last); s.Digest == 0 || s.Digest == books.Digest {
		t.Fatalf("restored and written to: %+v, the books have %+v", s, books)
	}
	reads(ErrRewound)
	if err := c.Hold(testContext(t)); err != nil {
		t.Fatal(err)
	}
	w := newTestWriter(t, c, WriterOptions{})
	if _, err := w.Postback(testContext(t), &Postback{ClickID: "x"}); !errors.Is(err, errFull) {
		t.Fatalf("a held cluster answers %v", err)
	}
	restore(newer)
	if s := inspected(t, c, books.Last); s.Held || s.Digest != books.Digest || s.Last < books.Last {
		t.Fatalf("the newer copy: %+v, the books have %+v", s, books)
	}
	post(1)
	reads(nil)
}

// inspected waits for a cluster that has just started.
func inspected(t *testing.T, c *Conn, position uint64) (s State) {
	t.Helper()
	eventually(t, func() (ok bool) {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		defer cancel()
		var err error
		s, err = c.Inspect(ctx, position)
		return err == nil
	})
	return s
}

// A tracker that starts before the journal serves, and catches up.
func TestWriterStartsBeforeTheJournal(t *testing.T) {
	port := freePorts(t, 1)[0]
	node := &natsNode{Name: "late", Dir: t.TempDir(), Port: port}
	l := startLoad(t, node.url(), t.TempDir()+"/spool")
	awaitRefusals(t, []*load{l}, 3)
	node.start(t)
	t.Cleanup(node.kill)
	awaitAnswers(t, []*load{l}, 50)
	r := newTestReader(t, connectTest(t, node.url(), ConnectOptions{}), 0, ReaderOptions{})
	wantAll(t, r, []*load{l})
}

// A tracker restarted while the journal is away loses nothing that was spooled.
func TestSpoolIsReplayedByTheNextProcess(t *testing.T) {
	nodes, url := startNATS(t, 1)
	c := connectTest(t, url, ConnectOptions{})
	awaitStream(t, c)
	spool := t.TempDir() + "/spool"
	first := startLoad(t, url, spool)
	awaitAnswers(t, []*load{first}, 50)
	nodes[0].kill()
	awaitRefusals(t, []*load{first}, 5)
	if err := first.stop(100 * time.Millisecond); err == nil {
		t.Fatal("Close said that all is well")
	}
	second := startLoad(t, url, spool)
	awaitRefusals(t, []*load{second}, 5)
	nodes[0].start(t)
	awaitAnswers(t, []*load{second}, 50)
	r := newTestReader(t, c, 0, ReaderOptions{})
	wantAll(t, r, []*load{first, second})
}
