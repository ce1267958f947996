package installation

import (
	"database/sql"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	_ "modernc.org/sqlite"

	"github.com/waypost/waypost/hack/testenv"
)

// install brings everything up with the samples applied; journal is the number of
// NATS servers, spool whether the first tracker has one.
func install(t *testing.T, journal int, spool bool) (*Installation, *Processes) {
	t.Helper()
	environment := testenv.Start(t)
	ports, err := FreePorts(journal)
	if err != nil {
		t.Fatal(err)
	}
	i := &Installation{Environment: environment, Ports: ports, Data: t.TempDir(), Binary: filepath.Join(t.TempDir(), "waypost"), Spool: spool}
	build := exec.CommandContext(t.Context(), "go", "build", "-o", i.Binary, "github.com/waypost/waypost/cmd/waypost")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building waypost: %v\n%s", err, out)
	}
	if err := i.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	p, err := i.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Stop)
	if err := i.ApplySamples(t.Context()); err != nil {
		t.Fatal(err)
	}
	return i, p
}

// client follows no redirects: where a click leads to is the advertiser's.
var client = &http.Client{
	Timeout:       15 * time.Second,
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// until asks until there is an answer that says what became of the request.
func until(t *testing.T, url string, answered func(*http.Response) bool) *http.Response {
	t.Helper()
	deadline := time.Now().Add(3 * time.Minute)
	for time.Now().Before(deadline) {
		answer, err := client.Get(url)
		if err == nil {
			_, err = io.Copy(io.Discard, answer.Body)
			_ = answer.Body.Close() // read to its end
			if err == nil && answered(answer) {
				return answer
			}
		}
		time.Sleep(20 * time.Millisecond) // a process is away; this is how a caller repeats
	}
	t.Errorf("no answer from %s within three minutes", url)
	return nil
}

// TestEveryPostbackOnceWhileProcessesAreKilled is the promise to advertisers and
// partners: a postback that was answered is counted once, whatever dies.
func TestEveryPostbackOnceWhileProcessesAreKilled(t *testing.T) {
	const conversions = 1000
	i, p := install(t, 1, false)
	ids := clickIDs(t, i, conversions)

	var done atomic.Int64
	var senders sync.WaitGroup
	jobs := make(chan int)
	for range 16 {
		senders.Go(func() {
			for n := range jobs {
				tracker := i.Ports.Trackers[(n/conversions+n)%2].Public
				until(t, fmt.Sprintf("http://%s/postback?clickid=%s&goal=2&amount=10.00&order_id=A%d", tracker, ids[n%conversions], n%conversions),
					func(a *http.Response) bool { return a.StatusCode == 200 || a.StatusCode == 202 })
				done.Add(1)
			}
		})
	}
	victims := []string{"tracker-1", "ledger", "nats", "operator", "tracker-2", "ledger"}
	for n := range 2 * conversions {
		jobs <- n // each of the thousand, and then each again, by the other tracker
		if at := (n + 1) / 250; (n+1)%250 == 0 && at <= len(victims) {
			t.Logf("after %d answers: kill -9 %s", done.Load(), victims[at-1])
			if err := p.Restart(victims[at-1]); err != nil {
				t.Fatal(err)
			}
		}
	}
	close(jobs)
	senders.Wait()
	// deal-hunter, which no override of a season pays, gets 1.00 + 5 % of 10.00; Acme pays 12.5 %.
	want := books{conversions, conversions * 1_500_000, conversions * 1_250_000}
	awaitBooks(t, i.Path("ledger.db"), want)
	suspensionsAreInTheStatus(t, i)
}

// suspensionsAreInTheStatus puts a suspension into the ledger's books, as an hour of
// failures would, and waits until the operator has heard of it; and of its end.
func suspensionsAreInTheStatus(t *testing.T, i *Installation) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+i.Path("ledger.db")+"?_pragma=busy_timeout(10000)")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	for _, step := range []struct{ statement, want string }{
		{`INSERT INTO delivery_targets (id, network, partner, name, url, failures, failed, failed_at, http_status, error, suspended_at)
			VALUES ('test', 'default', 'deal-hunter', 'sales', 'https://deals.example/pb', '[]', 10, 1, 502, 'answered Bad Gateway', 1)`, "CallsFailed"},
		{`DELETE FROM delivery_targets WHERE id = 'test'`, ""},
	} {
		if _, err := db.ExecContext(t.Context(), step.statement); err != nil {
			t.Fatal(err)
		}
		awaitReason(t, i, step.want)
	}
}

// awaitReason waits until the condition of the partner has the reason, or is gone for "".
func awaitReason(t *testing.T, i *Installation, want string) {
	t.Helper()
	const path = `jsonpath={.status.conditions[?(@.type=="PostbacksSuspended")].reason}`
	deadline := time.Now().Add(2 * time.Minute)
	for time.Now().Before(deadline) {
		got, err := i.Output(t.Context(), "get", "partner", "deal-hunter", "-o", path)
		if err == nil && string(got) == want {
			return
		}
		time.Sleep(time.Second) // the operator asks every 15 seconds
	}
	t.Errorf("the reason of PostbacksSuspended did not become %q within two minutes", want)
}

func clickIDs(t *testing.T, i *Installation, n int) []string {
	t.Helper()
	ids := make([]string, n)
	for k := range ids {
		answer := until(t, fmt.Sprintf("http://%s/click?offer=1001&partner=2003&sub1=%d", i.Ports.Trackers[k%2].Public, k),
			func(a *http.Response) bool { return a.StatusCode == http.StatusFound })
		if answer == nil {
			t.FailNow()
		}
		ids[k] = answer.Header.Get("Waypost-Click")
	}
	return ids
}

// books are what the ledger holds: approved conversions and their money in millionths.
type books struct{ conversions, payout, revenue int64 }

// awaitBooks waits until the ledger has caught up, and holds it to want: it must
// come to it and must not go beyond.
func awaitBooks(t *testing.T, path string, want books) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+path+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	var got books
	deadline := time.Now().Add(2 * time.Minute)
	for time.Now().Before(deadline) {
		err := db.QueryRowContext(t.Context(),
			`SELECT count(*), coalesce(sum(payout), 0), coalesce(sum(revenue), 0) FROM conversions WHERE status = 1`,
		).Scan(&got.conversions, &got.payout, &got.revenue)
		if err == nil && (got == want || got.conversions > want.conversions) {
			break
		}
		time.Sleep(100 * time.Millisecond) // the ledger is another process; there is nothing to wait on
	}
	if got != want {
		t.Errorf("the ledger holds %+v, want %+v", got, want)
	}
}

// TestTrackersServeWithoutTheControlPlane: the operator and the API server stop, a
// tracker is restarted, and clicks and postbacks go on.
func TestTrackersServeWithoutTheControlPlane(t *testing.T) {
	i, p := install(t, 1, false)
	ids := clickIDs(t, i, 2)
	if err := i.Environment.ControlPlane.APIServer.Stop(); err != nil {
		t.Fatal(err)
	}
	if err := p.Restart("tracker-2"); err != nil {
		t.Fatal(err)
	}
	until(t, "http://"+i.Ports.Trackers[1].Admin+"/readyz", func(a *http.Response) bool { return a.StatusCode == 200 })
	for n, id := range ids {
		answer := until(t, fmt.Sprintf("http://%s/postback?clickid=%s", i.Ports.Trackers[n].Public, id), func(a *http.Response) bool { return a.StatusCode != 503 })
		if answer == nil || answer.StatusCode != 200 && answer.StatusCode != 202 {
			t.Errorf("tracker %d without the API server: %v", n+1, answer)
		}
	}
	awaitBooks(t, i.Path("ledger.db"), books{2, 2 * 500_000, 2 * 800_000})
}
