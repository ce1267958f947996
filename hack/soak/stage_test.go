package soak

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/waypost/waypost/api/seal"
	"github.com/waypost/waypost/hack/installation"
	"github.com/waypost/waypost/hack/testenv"
	"github.com/waypost/waypost/tracker/clickid"
	"github.com/waypost/waypost/tracker/ledger/store/storetest"
)

const adminToken = "a-token-that-only-this-test-knows"

// stage is an installation with two trackers and ledgers on both engines: one on
// SQLite and, where PostgreSQL is installed, two that share a database of it.
type stage struct {
	t         *testing.T
	i         *installation.Installation
	processes *installation.Processes
	postgres  *storetest.Server
	without   error // why there is no PostgreSQL, nil if there is
	partners  *partnerServer
	versions  map[string]*world
	awaited   atomic.Bool // an edit is to be published
	*traffic
}

func newStage(t *testing.T, w *world) *stage {
	t.Helper()
	s := &stage{t: t, postgres: &storetest.Server{}, partners: newPartnerServer(t), versions: map[string]*world{}}
	environment := testenv.Start(t)
	ports, err := installation.FreePorts(1)
	s.must(err)
	admins, err := installation.FreeAddresses(3)
	s.must(err)
	t.Setenv("WAYPOST_POSTGRES_FSYNC", "1")
	database, err := s.postgres.Database()
	t.Cleanup(s.postgres.Stop)
	if os.Getenv(storetest.Require) == "1" {
		s.must(err)
	}
	s.without = err
	data := t.ArtifactDir() // "go test -artifacts" keeps it
	flags := []string{"--allow-private-deliveries", "--admin-token-file", filepath.Join(data, "token")}
	s.must(os.WriteFile(filepath.Join(data, "token"), []byte(adminToken), 0o600))
	s.i = &installation.Installation{
		Environment: environment, Ports: ports, Data: data, Binary: filepath.Join(t.TempDir(), "waypost"),
		TrackerFlags: []string{"--trusted-proxies", "127.0.0.1"},
		Ledgers:      []installation.Ledger{{Name: "ledger-sqlite", Admin: admins[0], Database: filepath.Join(data, "ledger.db"), Flags: flags}},
	}
	if s.without == nil {
		s.i.Ledgers = append(s.i.Ledgers,
			installation.Ledger{Name: "ledger-postgres-1", Admin: admins[1], Database: database, Flags: flags},
			installation.Ledger{Name: "ledger-postgres-2", Admin: admins[2], Database: database, Flags: flags})
	}
	build := exec.CommandContext(t.Context(), "go", "build", "-o", s.i.Binary, "github.com/waypost/waypost/cmd/waypost")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building waypost: %v\n%s", err, out)
	}
	s.must(s.i.Prepare(t.Context()))
	t.Cleanup(s.keepLogs)
	s.processes, err = s.i.Start(t.Context())
	s.must(err)
	t.Cleanup(s.processes.Stop)
	s.configure(w)
	return s
}

// keepLogs prints the end of each process's log when the test has failed.
func (s *stage) keepLogs() {
	if !s.t.Failed() {
		return
	}
	files, _ := filepath.Glob(s.i.Path("logs", "*.log")) // the pattern is good
	for _, f := range files {
		data, err := os.ReadFile(f)
		s.t.Logf("%s (%v):\n%s", f, err, data[max(0, len(data)-1500):])
	}
}

func (s *stage) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// configure applies the first configuration and waits until it is served.
func (s *stage) configure(w *world) {
	ring, err := seal.LoadDir(s.i.Path("keys"))
	s.must(err)
	minter, err := clickid.NewMinter(ring)
	s.must(err)
	s.traffic = &traffic{minter: minter, world: w, known: map[string]*visit{}, links: map[string]sealedLink{}}
	s.apply(w.manifests(s.partners.URL)...)
	for _, n := range w.Networks {
		s.await(n, "network,offer,partner,advertiser,payoutstructure", "--all")
		for _, p := range n.Partners {
			if len(p.Overrides) > 0 {
				s.await(n, "partnerpayout", p.Name)
			}
		}
		for _, o := range n.Offers {
			for _, g := range o.Goals[1:] {
				if !o.GoalsOff && !n.GoalsOff && g.State == "Active" {
					s.await(n, "goal", g.Object)
				}
			}
			s.readLinks(n, o)
		}
	}
	s.versions[s.digest()] = w
}

func (s *stage) apply(list ...object) {
	s.t.Helper()
	data, err := json.Marshal(object{"apiVersion": "v1", "kind": "List", "items": list})
	s.must(err)
	file := filepath.Join(s.t.TempDir(), "objects.json")
	s.must(os.WriteFile(file, data, 0o600))
	s.must(s.i.Kubectl(s.t.Context(), "apply", "-f", file))
}

func (s *stage) await(n *network, kind, name string) {
	s.t.Helper()
	s.must(s.i.Kubectl(s.t.Context(), "wait", "-n", n.Name, "--for=condition=Ready", kind, name, "--timeout=90s"))
}

// readLinks learns the sealed links of an offer's goals from their status.
func (s *stage) readLinks(n *network, o *offer) {
	for _, g := range o.Goals[1:] {
		out, err := exec.CommandContext(s.t.Context(), filepath.Join(s.i.Environment.BinaryAssetsDirectory, "kubectl"), "--kubeconfig", s.i.Path("kubeconfig"),
			"get", "goal", "-n", n.Name, g.Object, "-o", "jsonpath={.status.links.pixel} {.status.links.iframe} {.status.links.click}").Output()
		s.must(err)
		for _, link := range strings.Fields(string(out)) {
			u, err := url.Parse(link)
			s.must(err)
			if sealed := u.Query().Get("encrypted"); sealed != "" {
				s.links[sealed] = sealedLink{n.Name, o.Name, g.Value}
			}
		}
	}
}

// digest is that of the snapshot that both trackers serve.
func (s *stage) digest() string {
	s.t.Helper()
	deadline := time.Now().Add(time.Minute)
	for time.Now().Before(deadline) {
		var digests [2]struct{ Digest string }
		ok := true
		for n := range digests {
			ok = ok && get("http://"+s.i.Ports.Trackers[n].Admin+"/-/snapshot", &digests[n]) == nil
		}
		if ok && digests[0] == digests[1] && digests[0].Digest != "" {
			return digests[0].Digest
		}
		time.Sleep(20 * time.Millisecond) // other processes; there is nothing to wait on
	}
	s.t.Fatal("the trackers do not serve the same snapshot")
	return ""
}

// get asks an admin port.
func get(target string, into any) error {
	r, err := http.NewRequest(http.MethodGet, target, nil)
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+adminToken)
	res, err := client.Do(r)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }() // read to its end
	data, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s: %s", target, res.Status, data)
	}
	return json.Unmarshal(data, into)
}

// decide approves, rejects or releases a conversion through a ledger's API.
func (s *stage) decide(ctx context.Context, admin, id, what, reason string) (int, error) {
	body, err := json.Marshal(map[string]string{"reason": reason})
	if err != nil {
		return 0, err
	}
	return post(ctx, "http://"+admin+"/api/v1/conversions/"+id+"/"+what, body)
}

// post changes something through an admin port.
func post(ctx context.Context, target string, body []byte) (int, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, target, bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	r.Header.Set("Authorization", "Bearer "+adminToken)
	r.Header.Set("Content-Type", "application/json")
	res, err := client.Do(r)
	if err != nil {
		return 0, err
	}
	defer func() { _ = res.Body.Close() }() // read to its end
	_, err = io.Copy(io.Discard, res.Body)
	return res.StatusCode, err
}
