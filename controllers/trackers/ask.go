package trackers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"syscall"
	"time"

	"github.com/waypost/waypost/api/snapshot"
)

const (
	// askTimeout is how long one tracker may take to answer.
	askTimeout = time.Second
	// askParallel is how many trackers are asked at a time.
	askParallel = 32
	// maxAnswer bounds an answer's size in bytes.
	maxAnswer = 64 << 10
	// graceAfterAnswer is how long a tracker that is no pod still counts after its
	// last answer: it may be too busy to answer and still serve something old.
	graceAfterAnswer = 10 * time.Second
)

// asker asks trackers and remembers when each of them answered.
type asker struct {
	client   *http.Client
	answered map[string]time.Time // by URL
}

func newAsker() *asker {
	client := &http.Client{
		Transport: &http.Transport{MaxIdleConnsPerHost: 1, IdleConnTimeout: 90 * time.Second},
		// An admin port that redirects is not a tracker's.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return &asker{client: client, answered: map[string]time.Time{}}
}

// sweep asks all targets and returns those that count.
func (a *asker) sweep(ctx context.Context, targets []Target) Sweep {
	answers := make([]Tracker, len(targets))
	free := make(chan struct{}, askParallel)
	var all sync.WaitGroup
	for i, target := range targets {
		free <- struct{}{}
		all.Go(func() {
			defer func() { <-free }()
			status, err := a.ask(ctx, target.URL)
			answers[i] = Tracker{Name: target.Name, Status: status, Err: err}
		})
	}
	all.Wait()
	return a.judge(targets, answers)
}

// judge leaves the trackers that do not count out. It remembers the last answer of each
// target of this sweep; those of targets that are gone are forgotten.
func (a *asker) judge(targets []Target, answers []Tracker) Sweep {
	sweep := Sweep{At: time.Now()}
	seen := make(map[string]time.Time, len(targets))
	for i, target := range targets {
		answer := answers[i]
		last, known := a.answered[target.URL]
		if answer.Err == nil && answer.Status.Revision > 0 {
			last, known = sweep.At, true
		}
		if known {
			seen[target.URL] = last
		}
		switch {
		case target.Ready || counts(answer, known && sweep.At.Sub(last) < graceAfterAnswer):
			sweep.Trackers = append(sweep.Trackers, answer)
		case answer.Err == nil:
			sweep.Starting = append(sweep.Starting, answer)
		}
	}
	a.answered = seen
	return sweep
}

// counts reports whether a tracker that no cluster vouches for counts: while it
// serves a snapshot, and for a moment after it stopped to answer. A refused
// connection means that the process is gone.
func counts(answer Tracker, lately bool) bool {
	if answer.Err == nil {
		return answer.Status.Revision > 0
	}
	return lately && !errors.Is(answer.Err, syscall.ECONNREFUSED)
}

// ask gets one tracker's status. An answer of another form, or with another code than
// 200, is an error: the address may be that of another program.
func (a *asker) ask(ctx context.Context, url string) (status snapshot.Status, err error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url+snapshot.StatusPath, nil)
	if err != nil {
		return status, fmt.Errorf("ask tracker: %w", err)
	}
	response, err := a.client.Do(request)
	if err != nil {
		return status, fmt.Errorf("ask tracker: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return status, fmt.Errorf("ask tracker: %w", err)
	}
	if response.StatusCode != http.StatusOK {
		return status, fmt.Errorf("ask tracker: %s%s answered %s", url, snapshot.StatusPath, response.Status)
	}
	if err := json.Unmarshal(body, &status); err != nil {
		return snapshot.Status{}, fmt.Errorf("ask tracker: %s%s did not answer a snapshot status: %w", url, snapshot.StatusPath, err)
	}
	return status, nil
}
