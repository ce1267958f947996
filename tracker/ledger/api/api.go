package api

import (
	"net/http"
	"strings"
	"time"

	"github.com/go-logr/logr"

	"github.com/waypost/waypost/tracker/admin"
	"github.com/waypost/waypost/tracker/ledger/delivery/queue"
	"github.com/waypost/waypost/tracker/ledger/moderation"
	"github.com/waypost/waypost/tracker/ledger/query"
)

// Options say what the API works on. Books, Moderator and Queue are required.
type Options struct {
	Books *query.Books
	// Moderator carries out moderation.
	Moderator *moderation.Moderator
	// Queue retries deliveries.
	Queue *queue.Queue
	// Ledger wakes live tails when there is something new; nil makes them look
	// every second.
	Ledger moderation.Ledger
	// Version is that of the program, for the API's description.
	Version string
	// Now is the clock; nil is time.Now.
	Now func() time.Time
	Log logr.Logger
}

// base is where the API is mounted.
const base = "/api/v1"

// NewHandler returns the handler of /api/v1/. It expects admin.Authenticated in
// front of it.
func NewHandler(o Options) http.Handler {
	if o.Now == nil {
		o.Now = time.Now
	}
	a := &service{Options: o, mux: http.NewServeMux()}
	routes := table()
	a.document = openAPI(routes, o.Version)
	for i := range routes {
		route := &routes[i]
		a.mux.HandleFunc(route.method+" "+base+route.path, func(w http.ResponseWriter, r *http.Request) { a.serve(route, w, r) })
	}
	a.mux.HandleFunc("/", a.unknown)
	return a.mux
}

type service struct {
	Options
	mux      *http.ServeMux
	document []byte
}

// call is one request that has been understood.
type call struct {
	*args
	w      http.ResponseWriter
	r      *http.Request
	caller admin.Caller
	scope  query.Scope
}

func (a *service) serve(route *route, w http.ResponseWriter, r *http.Request) {
	x, err := parse(route, r)
	if err != nil {
		a.fail(w, r, err)
		return
	}
	caller := admin.CallerFrom(r.Context())
	c := &call{args: x, w: w, r: r, caller: caller, scope: query.Scope{
		Network: x.text("network"), Partner: x.text("partner"), PartnerOnly: caller.PartnerOnly,
	}}
	if caller.PartnerOnly && c.scope.Partner == "" {
		a.fail(w, r, errNoPartner)
		return
	}
	if err := route.serve(a, c); err != nil {
		a.fail(w, r, err)
	}
}

// unknown answers what no route does: with 405 where another method would do.
func (a *service) unknown(w http.ResponseWriter, r *http.Request) {
	var allowed []string
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		other := r.Clone(r.Context())
		other.Method = method
		if _, pattern := a.mux.Handler(other); pattern != "/" {
			allowed = append(allowed, method)
		}
	}
	if len(allowed) > 0 {
		w.Header().Set("Allow", strings.Join(allowed, ", "))
		admin.WriteProblem(w, http.StatusMethodNotAllowed, "method_not_allowed", "use "+strings.Join(allowed, " or "))
		return
	}
	admin.WriteProblem(w, http.StatusNotFound, "not_found", "there is no such path; "+base+"/openapi.json lists them all")
}
