package main

import (
	"io"
	"net/http"
	"regexp"
	"sync"
)

// process finds the name of a process in spans, which hold no other text of that form.
var process = regexp.MustCompile(`waypost-(?:operator|tracker|ledger|serve)`)

// traces takes spans as a collector does, OTLP over HTTP, and counts the requests
// that each process has sent.
type traces struct {
	mu   sync.Mutex
	sent map[string]int
}

// take answers an export request. Its protobuf is not decoded: the test asks only whether
// each process sends spans.
func (t *traces) take(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 8<<20))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if name := process.Find(body); name != nil {
		if t.sent == nil {
			t.sent = map[string]int{}
		}
		t.sent[string(name)]++
	}
	w.Header().Set("Content-Type", "application/x-protobuf") // and an empty message: all taken
}

func (t *traces) counts() map[string]int {
	t.mu.Lock()
	defer t.mu.Unlock()
	counts := map[string]int{}
	for name, n := range t.sent {
		counts[name] = n
	}
	return counts
}
