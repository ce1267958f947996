package browser

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
)

// require is the environment variable that, set to 1, makes a missing Chromium a
// failure instead of a skipped test.
const require = "WAYPOST_REQUIRE_CHROMIUM"

// findChromium returns the browser's program. Where there is none the test is
// skipped, or fails if require is set.
func findChromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	const message = "THE PIXELS WERE NOT TRIED IN A BROWSER: chromium is not installed (apt-get install chromium)"
	if os.Getenv(require) == "1" {
		t.Fatal(message)
	}
	fmt.Fprintln(os.Stderr, message)
	t.Skip(message)
	return ""
}

// visitor is a person with a fresh browser.
type visitor struct {
	// thirdParties is the setting for third-party cookies; Google's builds come
	// with allowed, Debian's with blocked.
	thirdParties setting
	// incognito is a window in incognito mode.
	incognito bool
}

// setting is Chromium's cookie_controls_mode.
type setting int

const (
	allowed            setting = 0
	blocked            setting = 1
	blockedInIncognito setting = 2 // as Google's builds come
)

// visit opens a page, with every name on the network leading to address, and
// leaves the browser running until the test ends.
func (v visitor) visit(t *testing.T, address, url string) {
	t.Helper()
	chromium := findChromium(t)
	home := t.TempDir()
	v.configure(t, home)
	args := []string{
		"--headless=new", "--user-data-dir=" + home, "--host-resolver-rules=MAP * " + address, "--ignore-certificate-errors",
		"--no-sandbox", // the tests may run as root
		"--no-first-run", "--no-proxy-server", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking",
		"--disable-component-update", "--disable-sync", "--disable-features=HttpsUpgrades",
	}
	if v.incognito {
		args = append(args, "--incognito")
	}
	log, err := os.Create(filepath.Join(t.TempDir(), "chromium.log"))
	if err != nil {
		t.Fatal(err)
	}
	run := exec.Command(chromium, append(args, url)...)
	run.Stdout, run.Stderr = log, log
	run.Env = append(os.Environ(), "HOME="+home)
	run.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = syscall.Kill(-run.Process.Pid, syscall.SIGKILL) // the browser and its children
		_ = run.Wait()                                      // it was killed
		if t.Failed() {
			text, _ := os.ReadFile(log.Name()) // only to help
			t.Logf("the browser said:\n%s", text)
		}
		_ = log.Close()
	})
}

// configure writes the settings.
func (v visitor) configure(t *testing.T, home string) {
	t.Helper()
	data, err := json.Marshal(map[string]any{"profile": map[string]any{
		"block_third_party_cookies": v.thirdParties == blocked, "cookie_controls_mode": v.thirdParties,
	}})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(home, "Default"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(home, "Default", "Preferences"), data, 0o600); err != nil {
		t.Fatal(err)
	}
}
