package admin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Options hold what an admin port serves. Fields that stay nil are not served (404), so
// that tracker, ledger and operator share one server.
type Options struct {
	// Ready reports whether the process may take traffic and, when it may not,
	// what it waits for.
	Ready func() (ok bool, waitingFor string)
	// Links reports the same of links alone, at /readyz/links: they go on where the
	// books stand still.
	Links func() (ok bool, waitingFor string)
	// Warning returns what a process that may take traffic does not do, "" for nothing. Both
	// paths show it.
	Warning func() string
	// Snapshot is the body of /-/snapshot: what this process has loaded.
	Snapshot func() any
	// Metrics is what /metrics shows.
	Metrics prometheus.Gatherer
	// API serves /api/v1/ and Console everything else under /. Both run behind
	// Authorizer, and so does /debug/pprof/, which needs nothing else.
	API        http.Handler
	Console    http.Handler
	Authorizer Authorizer
	Log        logr.Logger
}

// NewHandler returns the handler of an admin port. A part that is nil in Options has no
// path, except /healthz, which answers as long as the process runs.
func NewHandler(o Options) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		writeText(w, http.StatusOK, "ok\n")
	})
	if o.Ready != nil {
		mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) { serveReady(w, o.Ready, o.Warning) })
	}
	if o.Links != nil {
		mux.HandleFunc("GET /readyz/links", func(w http.ResponseWriter, _ *http.Request) { serveReady(w, o.Links, o.Warning) })
	}
	if o.Snapshot != nil {
		mux.HandleFunc("GET /-/snapshot", func(w http.ResponseWriter, _ *http.Request) { serveJSON(w, o.Snapshot()) })
	}
	if o.Metrics != nil {
		mux.Handle("GET /metrics", promhttp.HandlerFor(o.Metrics, promhttp.HandlerOpts{}))
	}
	if o.API != nil {
		mux.Handle("/api/v1/", Authenticated(o.Authorizer, o.API))
	}
	if o.Authorizer != nil {
		mux.Handle(ProfilesPath, Profiles(o.Authorizer))
	}
	if o.Console != nil {
		mux.Handle("/", o.Console)
	}
	return securityHeaders(recovered(o.Log, mux))
}

// Serve answers on l until ctx ends, then lets requests in flight finish for at most
// five seconds. It returns nil when those that take longer are cut off, and an error
// only when the port fails.
func Serve(ctx context.Context, l net.Listener, h http.Handler) error {
	srv := &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 5 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		BaseContext:       func(net.Listener) context.Context { return ctx },
	}
	done := make(chan error, 1)
	go func() { done <- srv.Serve(l) }()
	select {
	case err := <-done:
		return fmt.Errorf("serving the admin port: %w", err)
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err := srv.Shutdown(grace); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("closing the admin port: %w", err)
	}
	return nil
}

// serveReady answers a readiness probe: 200, or 503 with what the process waits for.
func serveReady(w http.ResponseWriter, ready func() (bool, string), warning func() string) {
	ok, waitingFor := ready()
	if !ok {
		writeText(w, http.StatusServiceUnavailable, "not ready: "+waitingFor+"\n")
		return
	}
	body := "ready\n"
	if warning != nil {
		if text := warning(); text != "" {
			body += "warning: " + text + "\n"
		}
	}
	writeText(w, http.StatusOK, body)
}

func serveJSON(w http.ResponseWriter, body any) {
	data, err := json.Marshal(body)
	if err != nil {
		http.Error(w, "encoding the answer", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(append(data, '\n')) // the caller is gone; nothing is left to do
}

func writeText(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(body)) // the caller is gone; nothing is left to do
}

// securityHeaders are for the console's sake; they do no harm to the rest.
func securityHeaders(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}

// recovered keeps a panic to the request that caused it.
func recovered(log logr.Logger, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			switch p := recover(); p {
			case nil:
			case http.ErrAbortHandler: //nolint:errorlint // net/http compares it the same way
				panic(p)
			default:
				log.Error(fmt.Errorf("panic: %v", p), "answering a request on the admin port", "path", r.URL.Path)
				WriteProblem(w, http.StatusInternalServerError, "internal_error", "an internal error; the log has the details")
			}
		}()
		next.ServeHTTP(w, r)
	})
}
