package console

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"time"

	"github.com/go-logr/logr"

	"github.com/waypost/waypost/tracker/admin"
	"github.com/waypost/waypost/tracker/ledger/delivery/queue"
	"github.com/waypost/waypost/tracker/ledger/moderation"
	"github.com/waypost/waypost/tracker/ledger/query"
)

// Options are what the console works on. All but Now are required.
type Options struct {
	Books     *query.Books
	Moderator *moderation.Moderator
	Queue     *queue.Queue
	// Authorizer decides about the token of a sign-in.
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

// headers sets what every answer carries: pages are neither cached nor framed, and links
// out of them carry no address. The style sheet alone may be cached.
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

// pages are the templates, each with the frame around it.
type pages map[string]*template.Template

func parsePages() pages {
	all := pages{}
	for _, name := range []string{"sign-in", "message", "overview", "conversions", "conversion", "decide", "decided", "postbacks", "click", "deliveries"} {
		t := template.New("frame.html").Funcs(functions)
		all[name] = template.Must(t.ParseFS(files, "pages/frame.html", "pages/parts.html", "pages/"+name+".html"))
	}
	return all
}

// view is what every page shows after sign-in.
type view struct {
	// Page is the entry of the menu.
	Page    string
	Who     string
	Scope   query.Scope
	Partner bool // sees one partner's numbers only
	Zone    string
	// Note is what has just happened.
	Note string
	Form form
}

func (v *visit) view(page string) view {
	return view{Page: page, Who: v.caller.Name, Scope: v.scope, Partner: v.scope.PartnerOnly, Zone: v.zone.String(), Form: v.form()}
}

// show writes a page as a whole, or none of it.
func (c *console) show(w http.ResponseWriter, status int, name string, data any) {
	var b bytes.Buffer
	if err := c.pages[name].Execute(&b, data); err != nil {
		c.Log.Error(err, "rendering a page", "page", name)
		http.Error(w, "This page could not be made; the log has the details.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes()) // the reader is gone; nothing is left to do
}

// message is a page with a sentence.
func (c *console) message(w http.ResponseWriter, status int, text string) {
	c.show(w, status, "message", struct {
		Title, Text string
	}{http.StatusText(status), text})
}

// failed shows what went wrong. What is not the reader's fault goes to the log.
func (c *console) failed(v *visit, err error) {
	for _, known := range []struct {
		err    error
		status int
		text   string
	}{
		{query.ErrNotFound, http.StatusNotFound, "There is no such thing, or none that you may see."},
		{queue.ErrNotFound, http.StatusNotFound, "There is no such delivery or suspended URL any more."},
		{queue.ErrDelivered, http.StatusConflict, "The receiver has taken this delivery already."},
		{query.ErrNotForPartners, http.StatusForbidden, "This is between the network and its advertisers."},
		{query.ErrBadCursor, http.StatusBadRequest, "This page of the list does not exist."},
		{query.ErrTooManyRows, http.StatusBadRequest, "That is too much for a page: choose a shorter time, fewer groups or more filters."},
		{moderation.ErrNotApplied, http.StatusGatewayTimeout, "The decision is recorded, but not applied yet. Look again in a moment."},
		{moderation.ErrTooOld, http.StatusServiceUnavailable, "Not recorded: " + moderation.ErrTooOld.Error() + "."},
		{moderation.ErrNotDecided, http.StatusServiceUnavailable, "The decision could not be recorded. Try again."},
		{errBadForm, http.StatusBadRequest, "The form could not be understood."},
	} {
		if errors.Is(err, known.err) {
			c.message(v.w, known.status, known.text)
			return
		}
	}
	var refused *moderation.RefusedError
	if errors.As(err, &refused) {
		c.message(v.w, http.StatusConflict, fmt.Sprintf("Not possible: %s.", refused))
		return
	}
	if v.r.Context().Err() != nil {
		return // the browser has gone, and needs no answer
	}
	c.Log.Error(err, "answering a request of the console", "path", v.r.URL.Path)
	c.message(v.w, http.StatusInternalServerError, "The books could not be read; the log has the details.")
}
