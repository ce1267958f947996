package browser

import (
	"fmt"
	"html"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"
)

// internet is every site of a test behind one address: the blog, the shop, and the
// proxy before the tracker. The browser finds all of them there, by name.
type internet struct {
	*httptest.Server
	scheme string
	// pixels are the elements on the shop's thank-you page.
	pixels func(clickID string) []string
	// tracker is the name that the tracking link has.
	tracker string
	// done is closed when the thank-you page and all that is on it have been loaded.
	done func()

	mu   sync.Mutex
	seen []request
}

// request is one that came to the tracker, and what it said.
type request struct {
	path, query, cookie, site string
	header                    http.Header
}

// newInternet serves the sites over TLS or plainly. tracker is where the tracker
// listens.
func newInternet(t *testing.T, tls bool, tracker string) *internet {
	t.Helper()
	n := &internet{scheme: "http"}
	upstream := &url.URL{Scheme: "http", Host: tracker}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetXForwarded() // the tracker trusts this proxy
			r.Out.URL.Scheme, r.Out.URL.Host = upstream.Scheme, upstream.Host
		},
		ModifyResponse: n.observe,
	}
	sites := map[string]http.Handler{
		"go.net.example": proxy, "go.shop.example": proxy,
		"blog.example": http.HandlerFunc(n.blog), "shop.example": http.HandlerFunc(n.shop),
	}
	n.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if site := sites[r.Host]; site != nil {
			site.ServeHTTP(w, r)
			return
		}
		http.NotFound(w, r) // whatever else a browser looks for
	}))
	n.Config.ErrorLog = log.New(quiet{}, "", 0) // browsers open connections that they do not use
	if tls {
		n.scheme = "https"
		n.StartTLS()
	} else {
		n.Start()
	}
	t.Cleanup(n.Close)
	return n
}

type quiet struct{}

func (quiet) Write(p []byte) (int, error) { return len(p), nil }

// address is where all names lead.
func (n *internet) address() string { return n.Listener.Addr().String() }

func (n *internet) observe(answer *http.Response) error {
	in := answer.Request
	n.mu.Lock()
	defer n.mu.Unlock()
	n.seen = append(n.seen, request{in.URL.Path, in.URL.RawQuery, in.Header.Get("Cookie"), in.Header.Get("Sec-Fetch-Site"), answer.Header})
	return nil
}

// requests are those of a path of the tracker.
func (n *internet) requests(path string) []request {
	n.mu.Lock()
	defer n.mu.Unlock()
	var of []request
	for _, r := range n.seen {
		if r.path == path {
			of = append(of, r)
		}
	}
	return of
}

// blog is a post with an impression pixel and a tracking link, which the reader
// clicks once he has seen it.
func (n *internet) blog(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/post" {
		http.NotFound(w, r)
		return
	}
	to := url.QueryEscape(n.scheme + "://shop.example/landing")
	page(w, fmt.Sprintf(`<img src="%[1]s://%[2]s/impression?offer=1001&amp;partner=2002">
<a id="link" href="%[1]s://%[2]s/click?offer=1001&amp;partner=2002&amp;redirect=%[3]s">Shoes</a>
<script>addEventListener('load', () => document.getElementById('link').click())</script>`, n.scheme, n.tracker, to))
}

// shop is a landing page that sells at once, and the thank-you page with pixels.
func (n *internet) shop(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/landing":
		page(w, `<script>location.replace('/thanks' + location.search)</script>`)
	case "/thanks":
		page(w, strings.Join(n.pixels(r.URL.Query().Get("cid")), "\n")+`<script>addEventListener('load', () => fetch('/done'))</script>`)
	case "/done":
		n.done()
	default:
		http.NotFound(w, r)
	}
}

func page(w http.ResponseWriter, body string) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	fmt.Fprintf(w, "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>-</title><link rel=\"icon\" href=\"data:,\">%s</html>", body)
}

func image(src string) string {
	return `<img width="1" height="1" alt="" src="` + html.EscapeString(src) + `">`
}

func frame(src string) string {
	return `<iframe width="1" height="1" src="` + html.EscapeString(src) + `"></iframe>`
}
