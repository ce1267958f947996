package installation

import (
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// traffic is what one tracker has to do with: visitors, one after the other, and
// callers of postbacks. It keeps what was answered, for that must be in the journal.
type traffic struct {
	tracker TrackerPorts
	clickID string // whose conversions are reported
	quit    chan struct{}
	done    sync.WaitGroup
	// ending says that the tracker has been told to stop: it may hang up.
	ending atomic.Bool

	visits                     []string // ids of clicks and impressions, in order; of the visitors alone
	visited, answered, refused atomic.Int64

	mu      sync.Mutex
	orders  []string // answered with anything but 503
	wrong   []string // answers that must not be
	longest time.Duration
}

// sendTraffic sends it until stop.
func sendTraffic(t *testing.T, tracker TrackerPorts, clickID string) *traffic {
	t.Helper()
	f := &traffic{tracker: tracker, clickID: clickID, quit: make(chan struct{})}
	f.done.Go(func() {
		for n := 0; f.running(); n++ {
			f.visit(n)
		}
	})
	for caller := range 4 {
		f.done.Go(func() {
			for n := 0; f.running(); n++ {
				f.report(fmt.Sprintf("%s-%d-%d", tracker.Public, caller, n))
			}
		})
	}
	t.Cleanup(f.stop)
	return f
}

// running lets some time pass between two requests.
func (f *traffic) running() bool {
	select {
	case <-f.quit:
		return false
	case <-time.After(2 * time.Millisecond):
		return true
	}
}

func (f *traffic) stop() {
	select {
	case <-f.quit:
	default:
		close(f.quit)
	}
	f.done.Wait()
}

// visit clicks, and sees an impression every fourth time. Whatever is the matter
// with the journal, it is served.
func (f *traffic) visit(n int) {
	path, header, status := "/click?offer=1001&partner=2002&sub1=%d", "Waypost-Click", http.StatusFound
	if n%4 == 3 {
		path, header, status = "/impression?offer=1001&partner=2002&sub1=%d", "Waypost-Impression", http.StatusOK
	}
	answer := f.get(fmt.Sprintf(path, n))
	if answer == nil {
		return
	}
	id := answer.Header.Get(header)
	if answer.StatusCode != status || id == "" {
		f.complain("%s was answered %s", path, answer.Status)
		return
	}
	f.visits = append(f.visits, id)
	f.visited.Add(1)
}

// report sends a postback: its answer means that it is on disk, or is 503 after
// five seconds without an acknowledgement.
func (f *traffic) report(order string) {
	began := time.Now()
	answer := f.get("/postback?goal=2&amount=10.00&clickid=" + f.clickID + "&order_id=" + order)
	if answer == nil {
		return
	}
	switch took := time.Since(began); answer.StatusCode {
	case http.StatusOK, http.StatusAccepted:
		f.mu.Lock()
		f.orders, f.longest = append(f.orders, order), max(f.longest, took)
		f.mu.Unlock()
		f.answered.Add(1)
	case http.StatusServiceUnavailable:
		if answer.Header.Get("Retry-After") == "" || took < 5*time.Second && !f.ending.Load() {
			f.complain("503 after %s with Retry-After: %s", took, answer.Header.Get("Retry-After"))
		}
		f.refused.Add(1)
	default:
		f.complain("a postback was answered %s", answer.Status)
	}
}

// get returns nil when the tracker hung up, which it may only when it is ending.
func (f *traffic) get(path string) *http.Response {
	answer, err := client.Get("http://" + f.tracker.Public + path)
	if err == nil {
		_, err = io.Copy(io.Discard, answer.Body)
		_ = answer.Body.Close() // read to its end
	}
	if err != nil {
		if !f.ending.Load() {
			f.complain("%s: %v", path, err)
		}
		return nil
	}
	return answer
}

func (f *traffic) complain(format string, args ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.wrong) < 10 {
		f.wrong = append(f.wrong, fmt.Sprintf(format, args...))
	}
}

// complaints are the answers that must not be.
func (f *traffic) complaints() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.wrong
}

// awaitTraffic waits until each tracker has served so many more visits, answered
// and refused so many more postbacks.
func awaitTraffic(t *testing.T, all []*traffic, visits, answers, refusals int64) {
	t.Helper()
	for _, f := range all {
		visited, answered, refused := f.visited.Load()+visits, f.answered.Load()+answers, f.refused.Load()+refusals
		await(t, f.tracker.Public, func() bool {
			return f.visited.Load() >= visited && f.answered.Load() >= answered && f.refused.Load() >= refused
		})
		if wrong := f.complaints(); len(wrong) > 0 {
			t.Fatalf("tracker %s: %q", f.tracker.Public, wrong)
		}
	}
}

// await asks until done says so; what it waits for is in other processes.
func await(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); !done(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: waited two minutes", what)
		}
	}
}
