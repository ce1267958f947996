package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"
	"github.com/go-logr/logr"

	"github.com/waypost/waypost/tracker/admin"
	"github.com/waypost/waypost/tracker/ledger/api"
	"github.com/waypost/waypost/tracker/ledger/delivery/queue"
	"github.com/waypost/waypost/tracker/ledger/ledgertest"
	"github.com/waypost/waypost/tracker/ledger/moderation"
	"github.com/waypost/waypost/tracker/ledger/query"
	"github.com/waypost/waypost/tracker/ledger/store/storetest"
)

type visit = ledgertest.Visit

var noon = ledgertest.Noon

// server is the API on an admin port, over books kept by a real ledger. Each
// answer is held against the OpenAPI document.
type server struct {
	*testing.T
	*ledgertest.Instance
	http   *httptest.Server
	queue  *queue.Queue
	router routers.Router
}

// token authorizes: "admin" does everything, "partner" looks at partner blog.
type token struct{}

func (token) Authorize(_ context.Context, t string, want admin.Attributes) (admin.Caller, error) {
	switch {
	case t == "admin":
		return admin.Caller{Name: "ann"}, nil
	case t == "partner" && want.Partner == "blog":
		return admin.Caller{Name: "blog", PartnerOnly: true}, nil
	case t == "partner-of-any":
		return admin.Caller{Name: "blog", PartnerOnly: true}, nil
	case t == "":
		return admin.Caller{}, admin.ErrUnauthenticated
	}
	return admin.Caller{}, admin.ErrForbidden
}

func each(t *testing.T, f func(s *server)) {
	storetest.Each(t, func(t *testing.T, target string) { f(serve(t, ledgertest.Open(t, target), nil)) })
}

// serve starts the API. change may spoil its options.
func serve(t *testing.T, o *ledgertest.Instance, change func(*api.Options)) *server {
	t.Helper()
	b, q := query.New(o.Store), queue.New(o.Store)
	options := api.Options{Books: b, Queue: q, Ledger: o.Ledger, Log: logr.Discard(), Version: "1.2.3",
		Moderator: moderation.New(b, o.Journal, o.Ledger, time.Now)}
	if change != nil {
		change(&options)
	}
	h := admin.NewHandler(admin.Options{API: api.NewHandler(options), Authorizer: token{}, Log: logr.Discard()})
	s := &server{T: t, Instance: o, http: httptest.NewServer(h), queue: q}
	t.Cleanup(s.http.Close)
	s.router = s.description()
	return s
}

// description loads and checks the OpenAPI document.
func (s *server) description() routers.Router {
	s.Helper()
	_, _, data := s.send(s.request("GET", "/openapi.json", ""))
	doc, err := openapi3.NewLoader().LoadFromData(data)
	if err != nil {
		s.Fatal(err)
	}
	if err := doc.Validate(s.Context()); err != nil {
		s.Fatal(err)
	}
	doc.Servers = nil // by the path alone
	router, err := legacy.NewRouter(doc)
	if err != nil {
		s.Fatal(err)
	}
	return router
}

func (s *server) request(method, path, body string) *http.Request {
	s.Helper()
	r, err := http.NewRequestWithContext(s.Context(), method, s.http.URL+"/api/v1"+path, strings.NewReader(body))
	if err != nil {
		s.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer admin")
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	return r
}

func (s *server) send(r *http.Request) (int, http.Header, []byte) {
	s.Helper()
	answer, err := s.http.Client().Do(r)
	if err != nil {
		s.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	data, err := io.ReadAll(answer.Body)
	if err != nil {
		s.Fatal(err)
	}
	return answer.StatusCode, answer.Header, data
}

// call sends a request and holds both sides against the document.
func (s *server) call(r *http.Request) (int, http.Header, []byte) {
	s.Helper()
	body := ""
	if r.Body != nil {
		data, err := io.ReadAll(r.Body)
		if err != nil {
			s.Fatal(err)
		}
		body = string(data)
		r.Body = io.NopCloser(strings.NewReader(body))
	}
	status, header, data := s.send(r)
	s.check(r, body, status, header, data)
	return status, header, data
}

func (s *server) check(r *http.Request, body string, status int, header http.Header, data []byte) {
	s.Helper()
	probe := r.Clone(s.Context())
	probe.Body = io.NopCloser(strings.NewReader(body))
	found, params, err := s.router.FindRoute(probe)
	if err != nil {
		if status != http.StatusNotFound && status != http.StatusMethodNotAllowed {
			s.Errorf("%s %s answered %d, and is not in the document: %v", r.Method, r.URL, status, err)
		}
		return
	}
	input := &openapi3filter.RequestValidationInput{Request: probe, PathParams: params, Route: found,
		Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, IncludeResponseStatus: true, MultiError: true}}
	if err := openapi3filter.ValidateRequest(s.Context(), input); err != nil && status < 300 {
		s.Errorf("%s %s answered %d; by the document the request is wrong: %v", r.Method, r.URL, status, err)
	}
	err = openapi3filter.ValidateResponse(s.Context(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: input, Status: status, Header: header, Body: io.NopCloser(bytes.NewReader(data)), Options: input.Options})
	if err != nil {
		s.Errorf("%s %s: the answer is not as described: %v\n%s", r.Method, r.URL, err, data)
	}
}

// get asks and decodes; status must be 200.
func (s *server) get(path string, into any) {
	s.Helper()
	s.decode(s.request("GET", path, ""), into)
}

func (s *server) post(path, body string, into any) {
	s.Helper()
	s.decode(s.request("POST", path, body), into)
}

func (s *server) decode(r *http.Request, into any) {
	s.Helper()
	status, header, data := s.call(r)
	if status != http.StatusOK || header.Get("Content-Type") != "application/json" {
		s.Fatalf("%s %s answered %d %s: %s", r.Method, r.URL, status, header.Get("Content-Type"), data)
	}
	if err := json.Unmarshal(data, into); err != nil {
		s.Fatal(err)
	}
}

// refused asserts a problem with a reason code.
func (s *server) refused(r *http.Request, status int, reason string) {
	s.Helper()
	got, header, data := s.call(r)
	var p admin.Problem
	if err := json.Unmarshal(data, &p); err != nil || got != status || p.Status != status || p.Reason != reason || p.Detail == "" ||
		header.Get("Content-Type") != "application/problem+json" {
		s.Errorf("%s %s answered %d %s, want %d %s", r.Method, r.URL, got, data, status, reason)
	}
}

type object = map[string]any

type page struct {
	Items []object
	Next  string
}

// column is a field of all items.
func (p page) column(name string) []string {
	var out []string
	for _, item := range p.Items {
		out = append(out, item[name].(string))
	}
	slices.Sort(out)
	return out
}
