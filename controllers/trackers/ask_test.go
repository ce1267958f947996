package trackers

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/waypost/waypost/api/snapshot"
)

func names(s Sweep) string {
	words := []string{}
	for _, t := range s.Trackers {
		words = append(words, t.Name)
	}
	return strings.Join(words, " ")
}

func TestSweepCounts(t *testing.T) {
	refused := fmt.Errorf("dial: %w", syscall.ECONNREFUSED)
	pod := Target{Name: "pod", URL: "http://pod", Ready: true}
	url := Target{Name: "url", URL: "http://url"}
	tests := []struct {
		name  string
		setup func(f *trackers)
		after time.Duration // since it last answered
		want  string        // which count
	}{
		{"both serve", func(f *trackers) { f.serve("pod", 4); f.serve("url", 4) }, 0, "pod url"},
		{"a ready pod counts although it refuses", func(f *trackers) { f.fail("pod", refused); f.fail("url", refused) }, 0, "pod"},
		{"a URL that is too busy counts for a moment", func(f *trackers) { f.fail("pod", errBusy); f.fail("url", errBusy) }, 9 * time.Second, "pod url"},
		{"but not for long", func(f *trackers) { f.fail("pod", errBusy); f.fail("url", errBusy) }, 10 * time.Second, "pod"},
		{"a URL that serves nothing yet does not count", func(f *trackers) { f.serve("pod", 4); f.serve("url", 0) }, 0, "pod"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newTrackers()
				f.serve("pod", 3)
				f.serve("url", 3)
				a := askerOf(f.client())
				targets := []Target{pod, url}
				if got := names(a.sweep(t.Context(), targets)); got != "pod url" {
					t.Fatalf("first sweep counts %q", got)
				}
				tt.setup(f)
				time.Sleep(tt.after)
				if got := names(a.sweep(t.Context(), targets)); got != tt.want {
					t.Errorf("counts %q, want %q", got, tt.want)
				}
			})
		})
	}
}

// A tracker that cannot even start does not hold anything up, but is heard.
func TestSweepHearsWhoCannotStart(t *testing.T) {
	f := newTrackers()
	f.serve("a", 7)
	f.status["b"] = snapshot.Status{LastError: "bad_shard: corrupt", RejectedRevision: 7}
	s := askerOf(f.client()).sweep(t.Context(), URLTargets([]string{"http://a", "http://b"}))
	if acked, total := s.Count(7, digestOf(7)); acked != 1 || total != 1 || s.Rejection(7) != "" {
		t.Errorf("%d of %d, rejection %q", acked, total, s.Rejection(7))
	}
	if got := s.Complaint(7); !strings.Contains(got, "b refuses revision 7: bad_shard") || s.Complaint(8) != "" {
		t.Errorf("complaints %q and %q", got, s.Complaint(8))
	}
}

// A URL that never answered may be a tracker that nobody has started.
func TestSweepUnknownURLDoesNotCount(t *testing.T) {
	f := newTrackers()
	f.fail("a", errBusy)
	if s := askerOf(f.client()).sweep(t.Context(), URLTargets([]string{"http://a"})); len(s.Trackers) != 0 {
		t.Errorf("counts %q", names(s))
	}
}

func TestSweepForgetsTargetsThatAreGone(t *testing.T) {
	f := newTrackers()
	f.serve("a", 1)
	a := askerOf(f.client())
	a.sweep(t.Context(), URLTargets([]string{"http://a"}))
	a.sweep(t.Context(), nil)
	if len(a.answered) != 0 {
		t.Errorf("remembers %v", a.answered)
	}
}

func TestSweepAsksInParallel(t *testing.T) {
	var running, most atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if n := running.Add(1); n > most.Load() {
			most.Store(n)
		}
		defer running.Add(-1)
		time.Sleep(5 * time.Millisecond)
		fmt.Fprint(w, `{"revision":5,"digest":"d","loadedAt":null,"lastError":""}`)
	}))
	defer server.Close()
	targets := make([]Target, 100)
	for i := range targets {
		targets[i] = Target{Name: fmt.Sprint(i), URL: server.URL, Ready: true}
	}
	a := newAsker()
	defer a.client.CloseIdleConnections()
	sweep := a.sweep(t.Context(), targets)
	if acked, total := sweep.Count(5, "d"); acked != 100 || total != 100 {
		t.Errorf("%d of %d acknowledged", acked, total)
	}
	if n := most.Load(); n < 2 || n > askParallel {
		t.Errorf("%d at a time, want several and at most %d", n, askParallel)
	}
}

func TestAskBadAnswers(t *testing.T) {
	tests := []struct {
		name    string
		handler http.HandlerFunc
		want    string
	}{
		{"not found", http.NotFound, "404"},
		{"no JSON", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>") }, "did not answer a snapshot status"},
		{"redirect", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://127.0.0.1:1/", http.StatusFound)
		}, "302"},
		{"endless", func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, `"`, strings.Repeat("a", 2*maxAnswer), `"`)
		}, "did not answer"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			server := httptest.NewServer(tt.handler)
			defer server.Close()
			a := newAsker()
			defer a.client.CloseIdleConnections()
			status, err := a.ask(t.Context(), server.URL)
			if err == nil || !strings.Contains(err.Error(), tt.want) || status.Revision != 0 {
				t.Errorf("ask() = %+v, %v; want an error with %q", status, err, tt.want)
			}
		})
	}
}

func TestAskEndsWithContext(t *testing.T) {
	stop := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-r.Context().Done():
		case <-stop:
		}
	}))
	defer server.Close()
	defer close(stop)
	a := newAsker()
	defer a.client.CloseIdleConnections()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := a.ask(ctx, server.URL); !errors.Is(err, context.Canceled) {
		t.Errorf("ask() = %v", err)
	}
}

func TestSweepSums(t *testing.T) {
	at := func(name string, revision int64) Tracker {
		return Tracker{Name: name, Status: snapshot.Status{Revision: revision, Digest: digestOf(revision), SchemaVersions: []int{1, 2}}}
	}
	silent := Tracker{Name: "silent", Err: errBusy}
	rejecting := at("c", 6)
	rejecting.Status.LastError, rejecting.Status.RejectedRevision = "bad digest", 7
	tests := []struct {
		name            string
		trackers        []Tracker
		acked, total    int // of revision 7
		complete        bool
		lowest, highest int64
		rejection       string
	}{
		{"none", nil, 0, 0, false, 0, 0, ""},
		{"all", []Tracker{at("a", 7), at("b", 8)}, 2, 2, true, 7, 8, ""},
		{"one behind", []Tracker{at("a", 7), at("b", 6)}, 1, 2, false, 6, 7, ""},
		{"one silent", []Tracker{at("a", 7), silent}, 1, 2, false, 7, 7, ""},
		{"one rejects", []Tracker{at("a", 7), rejecting}, 1, 2, false, 6, 7, "tracker c refuses revision 7: bad digest"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := Sweep{Trackers: tt.trackers}
			acked, total := s.Count(7, digestOf(7))
			if acked != tt.acked || total != tt.total || s.Complete(7, digestOf(7)) != tt.complete {
				t.Errorf("%d of %d, complete %v", acked, total, s.Complete(7, digestOf(7)))
			}
			if lowest, _ := s.Lowest(); lowest != tt.lowest || s.Highest() != tt.highest {
				t.Errorf("lowest %d, highest %d", lowest, s.Highest())
			}
			if got := s.Rejection(7); got != tt.rejection {
				t.Errorf("rejection %q", got)
			}
		})
	}
	t.Run("the same revision with another content is not served", func(t *testing.T) {
		if s := (Sweep{Trackers: []Tracker{at("a", 7)}}); s.Complete(7, digestOf(9)) {
			t.Error("complete although the digest differs")
		}
	})
	t.Run("served by all", func(t *testing.T) {
		for _, tt := range []struct {
			trackers []Tracker
			digest   string
			want     int64
		}{
			{nil, digestOf(7), 0},
			{[]Tracker{at("a", 7), at("b", 8)}, digestOf(7), 7},
			{[]Tracker{at("a", 7), at("b", 5)}, digestOf(7), 5},
			{[]Tracker{at("a", 7), silent}, digestOf(7), 0},
			{[]Tracker{at("a", 7)}, digestOf(9), 0},
		} {
			if got := (Sweep{Trackers: tt.trackers}).Served(7, tt.digest); got != tt.want {
				t.Errorf("Served() of %v = %d, want %d", tt.trackers, got, tt.want)
			}
		}
	})
	t.Run("schemas are those of trackers that answer", func(t *testing.T) {
		if got := (Sweep{Trackers: []Tracker{at("a", 7), silent}}).Schemas(); len(got) != 1 || len(got[0]) != 2 {
			t.Errorf("Schemas() = %v", got)
		}
	})
}
