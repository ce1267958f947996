package browser

import (
	"encoding/json"
	"log"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// binary is the program, built by TestMain.
var binary string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "waypost-browser")
	if err != nil {
		log.Fatal(err)
	}
	binary = filepath.Join(dir, "waypost")
	if out, err := exec.Command("go", "build", "-o", binary, "github.com/waypost/waypost/cmd/waypost").CombinedOutput(); err != nil {
		log.Fatalf("building waypost: %v\n%s", err, out)
	}
	code := m.Run()
	_ = os.RemoveAll(dir) // it is a temporary directory
	os.Exit(code)
}

// waypost is a running "waypost serve" over testdata.
type waypost struct{ data, public, admin string }

// startWaypost serves until the test ends.
func startWaypost(t *testing.T) *waypost {
	t.Helper()
	dir := t.TempDir()
	w := &waypost{data: filepath.Join(dir, "data"), public: freePort(t), admin: freePort(t)}
	output, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	serve := exec.Command(binary, "serve", "--config", "testdata", "--data", w.data, "--listen", w.public, "--admin", w.admin, "--trusted-proxies", "127.0.0.1")
	serve.Stdout, serve.Stderr = output, output
	serve.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := serve.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = serve.Process.Signal(syscall.SIGTERM) // it may have ended, which Wait says
		if err := serve.Wait(); err != nil {
			text, _ := os.ReadFile(output.Name()) // only to help
			t.Errorf("waypost serve: %v\n%s", err, text)
		}
		_ = output.Close()
	})
	eventually(t, "waypost to be ready", func() bool {
		res, err := http.Get("http://" + w.admin + "/readyz")
		return err == nil && res.Body.Close() == nil && res.StatusCode == http.StatusOK
	})
	return w
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

// eventually asks until done says so; what it waits for is in another process.
func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	late := time.NewTimer(2 * time.Minute)
	defer late.Stop()
	for !done() {
		select {
		case <-tick.C:
		case <-late.C:
			t.Fatalf("waited two minutes for %s", what)
		}
	}
}

// postback is an entry of the postback log.
type postback struct {
	Verdict, Reason, Goal, ClickID, OrderID, Conversion, Via string
}

// postbacks is the postback log, newest first.
func (w *waypost) postbacks(t *testing.T) []postback {
	t.Helper()
	var list struct{ Items []postback }
	w.ask(t, "/api/v1/postbacks?limit=1000", &list)
	return list.Items
}

// byOrder is the postback log by order id.
func (w *waypost) byOrder(t *testing.T) map[string]postback {
	t.Helper()
	by := map[string]postback{}
	for _, p := range w.postbacks(t) {
		by[p.OrderID] = p
	}
	return by
}

// conversion is one of the ledger.
type conversion struct {
	ID, Status, Goal string
}

func (w *waypost) conversions(t *testing.T) map[string]conversion {
	t.Helper()
	var list struct{ Items []conversion }
	w.ask(t, "/api/v1/conversions?limit=1000", &list)
	byID := map[string]conversion{}
	for _, c := range list.Items {
		byID[c.ID] = c
	}
	return byID
}

func (w *waypost) ask(t *testing.T, path string, answer any) {
	t.Helper()
	token, err := os.ReadFile(filepath.Join(w.data, "admin.token"))
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), "GET", "http://"+w.admin+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(token)))
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	if err := json.NewDecoder(res.Body).Decode(answer); err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s, %v", path, res.Status, err)
	}
}

// sealedPixel is the link of a goal with encrypted tracking, as "waypost links"
// prints it: the part behind the host.
func (w *waypost) sealedPixel(t *testing.T, value string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), binary, "links", "--config", "testdata", "--data", w.data, "--offer", "1001", "--partner", "2002").CombinedOutput()
	if err != nil {
		t.Fatalf("waypost links: %v\n%s", err, out)
	}
	for line := range strings.Lines(string(out)) {
		if _, link, ok := strings.Cut(line, "https://go.net.example/pixel.gif?encrypted="); ok && strings.Contains(line, value) {
			end := strings.IndexAny(link+" ", "\" \n&")
			return "/pixel.gif?encrypted=" + link[:end]
		}
	}
	t.Fatalf("no sealed pixel of the goal %s:\n%s", value, out)
	return ""
}
