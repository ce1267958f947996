package console

import (
	"embed"
	"net/http"
	"time"

	"github.com/go-logr/logr"

	"github.com/waypost/waypost/tracker/admin"
	"github.com/waypost/waypost/tracker/ledger/delivery/queue"
	"github.com/waypost/waypost/tracker/ledger/report/books"
	"github.com/waypost/waypost/tracker/ledger/report/moderation"
)

// Options say what the console shows. All but Now are required.
type Options struct {
	Books *books.Books
	Desk  *moderation.Desk
	Queue *queue.Queue
	// Authorizer decides about the token that a person signs in with.
	Authorizer admin.Authorizer
	// Now is the clock; nil is time.Now.
	Now func() time.Time
	Log logr.Logger
}

//go:embed pages/*.html pages/console.css
var files embed.FS

// policy lets pages load their style sheet and send their forms, and nothing else.
const policy = "default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

// NewHandler returns the handler of everything on the admin port that is no other's.
func NewHandler(o Options) http.Handler {
	if o.Now == nil {
		o.Now = time.Now
	}
	c := &console{Options: o, pages: parsePages()}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /console.css", c.styles)
	mux.HandleFunc("GET /sign-in", c.signInPage)
	mux.HandleFunc("POST /sign-in", c.signIn)
	mux.HandleFunc("POST /sign-out", c.signOut)
	for pattern, page := range map[string]struct {
		subresource string
		serve       func(v *visit) error
	}{
		"GET /{$}":                     {"reports", c.overview},
		"GET /conversions":             {"conversions", c.conversions},
		"GET /conversions/{id}":        {"conversions", c.conversion},
		"POST /conversions":            {"conversions", c.decide},
		"GET /postbacks":               {"postbacks", c.postbacks},
		"GET /clicks/{id}":             {"clicks", c.click},
		"GET /deliveries":              {"deliveries", c.deliveries},
		"POST /deliveries/{id}/retry":  {"deliveries", c.retry},
		"POST /deliveries/{id}/resume": {"deliveries", c.resume},
	} {
		mux.HandleFunc(pattern, c.signedIn(page.subresource, page.serve))
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		c.message(w, http.StatusNotFound, "There is no such page.")
	})
	return headers(http.NewCrossOriginProtection().Handler(mux))
}

type console struct {
	Options
	pages pages
}

func headers(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}

func (c *console) styles(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "private, max-age=300")
	http.ServeFileFS(w, r, files, "pages/console.css")
}
