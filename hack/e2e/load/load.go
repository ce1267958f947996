package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync"
	"time"
)

const (
	// repeatEvery and giveUpAfter are the advertiser's patience with a postback.
	repeatEvery = 500 * time.Millisecond
	giveUpAfter = 2 * time.Minute
	// keptFailures bounds what a broken cluster makes the answer grow to.
	keptFailures = 20
)

// Counts are those of one phase.
type Counts struct {
	Clicks       int `json:"clicks"`
	FailedClicks int `json:"failedClicks"`
	// Orders were reported and accepted, OrdersGivenUp never.
	Orders        int `json:"orders"`
	OrdersGivenUp int `json:"ordersGivenUp"`
	// Repeats are postbacks that had to be sent again, Queued those that were
	// accepted without a verdict.
	Repeats int `json:"repeats"`
	Queued  int `json:"queued"`
	// Verdicts counts the answers of accepted postbacks.
	Verdicts map[string]int `json:"verdicts"`
	// SlowestClick and SlowestPostback are in milliseconds.
	SlowestClick    int64    `json:"slowestClickMillis"`
	SlowestPostback int64    `json:"slowestPostbackMillis"`
	Failures        []string `json:"failures"`
}

// load is the visitors and the advertiser. Its counts are those of the current phase.
type load struct {
	url, query, goal string
	// run begins the names of this run's orders: a later pod must not repeat them.
	run    string
	client *http.Client

	mu      sync.Mutex
	current Counts
	orders  int
}

// visit clicks at the rate until clicking ends, and converts every second click. A click
// does not wait for the one before: while the port is away, requests gather and fail, as
// those of visitors would. It returns when the last order is settled.
func (l *load) visit(ctx, clicking context.Context, rate int) {
	tick := time.NewTicker(time.Second / time.Duration(rate))
	defer tick.Stop()
	var visits sync.WaitGroup
	defer visits.Wait()
	for n := 0; ; n++ {
		select {
		case <-clicking.Done():
			return
		case <-tick.C:
		}
		visits.Go(func() {
			if id := l.click(ctx, n); id != "" && n%2 == 0 {
				l.convert(ctx, id)
			}
		})
	}
}

// click returns the click id, "" when it failed.
func (l *load) click(ctx context.Context, n int) string {
	began := time.Now()
	id, err := l.clickOnce(ctx, n)
	l.note(func(c *Counts) {
		c.Clicks++
		c.SlowestClick = max(c.SlowestClick, time.Since(began).Milliseconds())
		if err != nil {
			c.FailedClicks++
			c.fail("click", err)
		}
	})
	return id
}

// clickOnce makes one click; anything but a redirect is an error with its reason.
func (l *load) clickOnce(ctx context.Context, n int) (string, error) {
	response, err := l.send(ctx, http.MethodGet, fmt.Sprintf("%s/click?%s&sub1=n%d", l.url, l.query, n))
	if err != nil {
		return "", err
	}
	if response.status != http.StatusFound {
		return "", fmt.Errorf("click answered %d %s", response.status, response.header.Get("Waypost-Reason"))
	}
	return response.header.Get("Waypost-Click"), nil
}

// convert reports an order until it is accepted, every half second for two minutes. A
// repetition has the same order id, so one that was counted although its answer was lost
// is refused as a duplicate, which is an acceptance: the order is booked.
func (l *load) convert(ctx context.Context, clickID string) {
	order := l.nextOrder()
	query := url.Values{"clickid": {clickID}, "goal": {l.goal}, "amount": {"10.00"}, "order_id": {order}}
	target := l.url + "/postback?" + query.Encode()
	for began := time.Now(); ; {
		verdict, err := l.report(ctx, target)
		if err == nil {
			l.note(func(c *Counts) {
				c.Orders++
				c.count(verdict)
				c.SlowestPostback = max(c.SlowestPostback, time.Since(began).Milliseconds())
			})
			return
		}
		if ctx.Err() != nil || time.Since(began) > giveUpAfter {
			l.note(func(c *Counts) { c.OrdersGivenUp++; c.fail("order "+order, err) })
			return
		}
		l.note(func(c *Counts) { c.Repeats++ })
		select {
		case <-ctx.Done():
		case <-time.After(repeatEvery):
		}
	}
}

var errNotAccepted = errors.New("not accepted")

// report sends one postback and returns its verdict; after an error it must be repeated.
func (l *load) report(ctx context.Context, target string) (string, error) {
	response, err := l.send(ctx, http.MethodPost, target)
	if err != nil {
		return "", err
	}
	if response.status != http.StatusOK && response.status != http.StatusAccepted {
		return "", fmt.Errorf("%w: %d %s", errNotAccepted, response.status, response.body)
	}
	var answer struct {
		Verdict string `json:"verdict"`
		Reason  string `json:"reason"`
	}
	if err := json.Unmarshal(response.body, &answer); err != nil {
		return "", fmt.Errorf("reading a verdict: %w", err)
	}
	if answer.Reason != "" {
		return answer.Verdict + " " + answer.Reason, nil
	}
	return answer.Verdict, nil
}

// answered is a response that has been read to its end.
type answered struct {
	status int
	header http.Header
	body   []byte
}

// send makes one request, on a connection of its own.
func (l *load) send(ctx context.Context, method, target string) (answered, error) {
	request, err := http.NewRequestWithContext(ctx, method, target, nil)
	if err != nil {
		return answered{}, err
	}
	response, err := l.client.Do(request)
	if err != nil {
		return answered{}, err
	}
	defer func() { _ = response.Body.Close() }() // read to the end by then
	body, err := io.ReadAll(io.LimitReader(response.Body, 64<<10))
	return answered{response.StatusCode, response.Header, body}, err
}

// nextOrder names an order.
func (l *load) nextOrder() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.orders++
	return fmt.Sprintf("%s-%d", l.run, l.orders)
}

// note changes the counts.
func (l *load) note(change func(*Counts)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	change(&l.current)
}

// counts returns those so far. Its map and slice are not changed later: count and fail
// make new ones.
func (l *load) counts() Counts {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.current
}

// next ends a phase and returns its counts.
func (l *load) next() Counts {
	l.mu.Lock()
	defer l.mu.Unlock()
	ended := l.current
	l.current = Counts{}
	return ended
}

func (c *Counts) count(verdict string) {
	verdicts := map[string]int{verdict: 1} // a new map: an older one may be being read
	for v, n := range c.Verdicts {
		verdicts[v] += n
	}
	c.Verdicts = verdicts
	if verdict == "queued" {
		c.Queued++
	}
}

func (c *Counts) fail(what string, err error) {
	if len(c.Failures) < keptFailures {
		c.Failures = append(c.Failures[:len(c.Failures):len(c.Failures)], time.Now().UTC().Format("15:04:05.000 ")+what+": "+err.Error())
	}
}
