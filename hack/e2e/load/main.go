// Load clicks and reports conversions without pause, as visitors and an advertiser
// would, and counts what fails. It runs as a pod beside Waypost while the end-to-end
// test restarts, drains and upgrades it.
//
// Every click is a new connection, because that is what visitors make. Every second
// click is converted; a postback that is not accepted is repeated under the same
// order id, as advertisers do, so each order must end up as one conversion. It is the
// collector of traces, too.
package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"
)

func main() {
	l := load{run: rand.Text()}
	flag.StringVar(&l.url, "url", "http://waypost", "public port")
	flag.StringVar(&l.query, "query", "offer=1001&partner=2002", "offer and partner to click")
	flag.StringVar(&l.goal, "goal", "2", "goal to convert, with multiple conversions")
	rate := flag.Int("rate", 20, "clicks a second")
	listen := flag.String("listen", ":8081", "GET /counts answers the counts, POST /next begins a new phase, POST /stop ends the clicks; POST /v1/traces takes spans, GET /traces answers who has sent some")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, &l, *rate, *listen); err != nil {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, l *load, rate int, listen string) error {
	l.client = &http.Client{
		Timeout:       5 * time.Second,
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	clicking, stopClicking := context.WithCancel(ctx)
	defer stopClicking()
	var visitors sync.WaitGroup
	visitors.Go(func() { l.visit(ctx, clicking, rate) })

	server := &http.Server{Addr: listen, Handler: l.handler(func() {
		stopClicking()
		visitors.Wait()
	}), ReadHeaderTimeout: 5 * time.Second}
	done := make(chan error, 1)
	go func() { done <- server.ListenAndServe() }()
	select {
	case err := <-done:
		return fmt.Errorf("listening on %s: %w", listen, err)
	case <-ctx.Done():
		return server.Close()
	}
}

// handler serves the counts, the phases and the spans to the test, which reaches this
// pod through the API server's proxy.
func (l *load) handler(stop func()) http.Handler {
	mux := http.NewServeMux()
	var spans traces
	mux.HandleFunc("POST /v1/traces", spans.take)
	mux.HandleFunc("GET /traces", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(spans.counts()) // the test has gone away
	})
	answer := func(w http.ResponseWriter, c Counts) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(c) // the test has gone away
	}
	mux.HandleFunc("GET /counts", func(w http.ResponseWriter, _ *http.Request) { answer(w, l.counts()) })
	mux.HandleFunc("POST /next", func(w http.ResponseWriter, _ *http.Request) { answer(w, l.next()) })
	mux.HandleFunc("POST /stop", func(w http.ResponseWriter, _ *http.Request) {
		stop()
		answer(w, l.counts())
	})
	return mux
}
