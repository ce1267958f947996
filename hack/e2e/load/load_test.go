package main

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// fragile is a Waypost that refuses the first postback of every order, and every
// tenth click.
type fragile struct {
	mu     sync.Mutex
	clicks int
	orders map[string]int
}

func (f *fragile) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if r.URL.Path == "/click" {
		f.clicks++
		if f.clicks%10 == 0 {
			http.Error(w, "no", http.StatusBadGateway)
			return
		}
		w.Header().Set("Waypost-Click", "id")
		http.Redirect(w, r, "https://shop.example/", http.StatusFound)
		return
	}
	order := r.URL.Query().Get("order_id")
	f.orders[order]++
	if f.orders[order] == 1 {
		http.Error(w, "again", http.StatusServiceUnavailable)
		return
	}
	_, _ = w.Write([]byte(`{"verdict":"approved"}`))
}

// TestLoad: failed clicks are counted, and every order is repeated until it is taken.
func TestLoad(t *testing.T) {
	waypost := &fragile{orders: map[string]int{}}
	server := httptest.NewServer(waypost)
	defer server.Close()
	l := &load{url: server.URL, query: "offer=1", goal: "2", client: &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	clicking, stop := context.WithCancel(ctx)
	go func() {
		for l.counts().Clicks < 40 {
			time.Sleep(5 * time.Millisecond) // the visitors' own pace
		}
		stop()
	}()
	l.visit(ctx, clicking, 200)
	c := l.next()
	if c.FailedClicks != c.Clicks/10 || len(c.Failures) != c.FailedClicks {
		t.Errorf("%d of %d clicks failed, and %d are named", c.FailedClicks, c.Clicks, len(c.Failures))
	}
	if c.Orders == 0 || c.OrdersGivenUp != 0 || c.Repeats != c.Orders || c.Verdicts["approved"] != c.Orders {
		t.Errorf("orders: %+v", c)
	}
	for order, times := range waypost.orders {
		if times != 2 {
			t.Errorf("%s was sent %d times", order, times)
		}
	}
	if l.counts().Clicks != 0 {
		t.Error("the next phase begins with the counts of the last")
	}
}

// TestTraces: spans are known by the process that sent them.
func TestTraces(t *testing.T) {
	server := httptest.NewServer((&load{}).handler(func() {}))
	defer server.Close()
	for _, body := range []string{"\x0a\x0cservice.name\x12\x0fwaypost-tracker", "nobody's", "waypost-tracker", "waypost-ledger"} {
		response, err := http.Post(server.URL+"/v1/traces", "application/x-protobuf", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if response.StatusCode != http.StatusOK {
			t.Errorf("spans are answered %s", response.Status)
		}
	}
	response, err := http.Get(server.URL + "/traces")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }() // read to the end by then
	var sent map[string]int
	if err := json.NewDecoder(response.Body).Decode(&sent); err != nil {
		t.Fatal(err)
	}
	if sent["waypost-tracker"] != 2 || sent["waypost-ledger"] != 1 || len(sent) != 2 {
		t.Errorf("counted %v", sent)
	}
}
