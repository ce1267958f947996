package live

import (
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"k8s.io/client-go/rest"

	"github.com/waypost/waypost/hack/testenv"
)

// While the API server is down the tracker serves, a restarted one serves from
// its disk, and both take up edits when the server is back.
func TestKubernetesOutage(t *testing.T) {
	env := testenv.Start(t)
	c := newCluster(t, env.Config)
	c.publish(1, titled("one")...)
	dir := t.TempDir()
	running := NewHolder(Options{Disk: NewDisk(dir, trusted), Log: quiet(t)})
	stop := start(t, running, c.source(c.config))
	serves(t, running, "one")

	server := env.ControlPlane.APIServer
	certificates := t.TempDir() // stopping removes them
	if err := os.CopyFS(certificates, os.DirFS(server.CertDir)); err != nil {
		t.Fatal(err)
	}
	kill(t, "--secure-port="+server.Port) // an orderly end waits a minute for the watch
	if err := server.Stop(); err != nil {
		t.Fatal(err)
	}
	refuses(t, running, ReasonUnreachable)
	if title(running.Current()) != "one" {
		t.Error("the running tracker lost its snapshot")
	}
	expectReady(t, running, "")
	stop()

	restarted, began := NewHolder(Options{Disk: NewDisk(dir, trusted), Log: quiet(t)}), time.Now()
	start(t, restarted, c.source(c.config))
	serves(t, restarted, "one")
	eventually(t, "ready with the copy on disk", func() bool { ready, _ := restarted.Ready(); return ready })
	if took := time.Since(began); took < diskCopyCounts {
		t.Errorf("ready with the copy on disk after %s", took)
	}
	fresh := NewHolder(Options{Disk: NewDisk(t.TempDir(), trusted), Log: quiet(t)})
	start(t, fresh, c.source(c.config))
	refuses(t, fresh, ReasonUnreachable)
	expectReady(t, fresh, "waiting for the first snapshot: api_unreachable")

	server.CertDir = certificates
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	c.publish(2, titled("two")...)
	for _, h := range []*Holder{restarted, fresh} {
		serves(t, h, "two")
		expectReady(t, h, "")
		if s := h.Status(); s.LastError != "" || s.Source != string(FromKubernetes) {
			t.Errorf("status %+v", s)
		}
	}
}

// kill ends the one child process of this test that has the argument.
func kill(t *testing.T, argument string) {
	t.Helper()
	lists, err := filepath.Glob("/proc/self/task/*/children")
	if err != nil {
		t.Fatal(err)
	}
	for _, list := range lists {
		children, err := os.ReadFile(list)
		if err != nil {
			continue // a thread that has ended
		}
		for _, child := range strings.Fields(string(children)) {
			arguments, err := os.ReadFile(filepath.Join("/proc", child, "cmdline"))
			if err != nil || !slices.Contains(strings.Split(string(arguments), "\x00"), argument) {
				continue
			}
			pid, err := strconv.Atoi(child)
			if err == nil {
				err = syscall.Kill(pid, syscall.SIGKILL)
			}
			if err != nil {
				t.Fatal(err)
			}
			return
		}
	}
	t.Fatalf("no child process has the argument %s", argument)
}

// A server that takes connections and does not answer is no server either.
func TestKubernetesSwallowsRequests(t *testing.T) {
	hole := newHole(t)
	c := newCluster(t, shared.Environment(t).Config)
	config := rest.AnonymousClientConfig(c.config)
	config.Host = hole
	h := NewHolder(Options{Disk: NewDisk(onDisk(t), trusted), Log: quiet(t)})
	began := time.Now()
	start(t, h, c.source(config))
	serves(t, h, "from disk")
	eventually(t, "ready with the copy on disk", func() bool { ready, _ := h.Ready(); return ready })
	if took := time.Since(began); took < diskCopyCounts || took > 4*diskCopyCounts {
		t.Errorf("ready after %s", took)
	}
	if s := h.Status(); s.Reason != string(ReasonUnreachable) {
		t.Errorf("status %+v", s)
	}
}

// newHole listens and never answers.
func newHole(t *testing.T) (host string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	var open sync.WaitGroup
	open.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			open.Go(func() { <-ended; _ = conn.Close() })
		}
	})
	t.Cleanup(func() { close(ended); _ = listener.Close(); open.Wait() })
	return (&url.URL{Scheme: "https", Host: listener.Addr().String()}).String()
}
