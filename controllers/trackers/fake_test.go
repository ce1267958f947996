package trackers

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"syscall"

	"github.com/waypost/waypost/api/snapshot"
)

// errBusy stands for a tracker that does not answer in time.
var errBusy = errors.New("timeout")

// trackers is an http.RoundTripper that answers for trackers by host name.
type trackers struct {
	mu     sync.Mutex
	status map[string]snapshot.Status
	err    map[string]error
	asked  int
}

func newTrackers() *trackers {
	return &trackers{status: map[string]snapshot.Status{}, err: map[string]error{}}
}

func (f *trackers) serve(host string, revision int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.status[host] = snapshot.Status{Revision: revision, Digest: digestOf(revision), SchemaVersions: []int{1}}
	delete(f.err, host)
}

func (f *trackers) fail(host string, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.err[host] = err
}

func (f *trackers) count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.asked
}

func (f *trackers) RoundTrip(r *http.Request) (*http.Response, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked++
	host := r.URL.Host
	if err := f.err[host]; err != nil {
		return nil, err
	}
	status, ok := f.status[host]
	if !ok || r.URL.Path != snapshot.StatusPath {
		return nil, syscall.ECONNREFUSED
	}
	body, err := json.Marshal(status)
	if err != nil {
		return nil, err
	}
	return &http.Response{
		StatusCode: http.StatusOK, Status: "200 OK", Header: http.Header{},
		Body: io.NopCloser(strings.NewReader(string(body))), Request: r,
	}, nil
}

func (f *trackers) client() *http.Client { return &http.Client{Transport: f} }

func digestOf(revision int64) string {
	return "sha256:" + strings.Repeat(string(rune('a'+revision%26)), 64)
}

// askerOf returns an asker with another client.
func askerOf(client *http.Client) *asker {
	a := newAsker()
	a.client = client
	return a
}

// pollerOf returns a poller that asks these trackers.
func pollerOf(f *trackers, targets func() []Target) *Poller {
	p := NewPoller(targets)
	p.asker.client = f.client()
	return p
}
