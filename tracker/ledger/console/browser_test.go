package console_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"golang.org/x/net/html"

	"github.com/waypost/waypost/tracker/admin"
	"github.com/waypost/waypost/tracker/ledger/console"
	"github.com/waypost/waypost/tracker/ledger/delivery/queue"
	"github.com/waypost/waypost/tracker/ledger/ledgertest"
	"github.com/waypost/waypost/tracker/ledger/moderation"
	"github.com/waypost/waypost/tracker/ledger/query"
	"github.com/waypost/waypost/tracker/ledger/store/storetest"
)

type visit = ledgertest.Visit

var noon = ledgertest.Noon

// browser is a person's browser at the console of an admin port, over books kept
// by a real ledger. It keeps cookies, and checks every page that it gets.
type browser struct {
	*testing.T
	*ledgertest.Instance
	server *httptest.Server
	client *http.Client
	queue  *queue.Queue
}

// tokens authorizes: "admin" for everything, "partner" for looking at partner blog.
type tokens struct{}

func (tokens) Authorize(_ context.Context, token string, want admin.Attributes) (admin.Caller, error) {
	switch {
	case token == "admin":
		return admin.Caller{Name: "ann <admin>"}, nil
	case token == "partner" && want.Partner == "blog" && want.Verb == "get":
		return admin.Caller{Name: "blog", PartnerOnly: true}, nil
	case token == "partner":
		return admin.Caller{}, admin.ErrForbidden
	case token == "broken":
		return admin.Caller{}, errors.New("no API server")
	}
	return admin.Caller{}, admin.ErrUnauthenticated
}

func each(t *testing.T, f func(b *browser)) {
	storetest.Each(t, func(t *testing.T, target string) { f(open(t, ledgertest.Open(t, target))) })
}

func open(t *testing.T, o *ledgertest.Instance) *browser {
	t.Helper()
	bk, q := query.New(o.Store), queue.New(o.Store)
	now := func() time.Time { return noon.Add(time.Hour) }
	h := admin.NewHandler(admin.Options{Log: logr.Discard(), Console: console.NewHandler(console.Options{
		Books: bk, Queue: q, Moderator: moderation.New(bk, o.Journal, o.Ledger, time.Now), Authorizer: tokens{}, Now: now, Log: logr.Discard()})})
	b := &browser{T: t, Instance: o, server: httptest.NewServer(h), queue: q}
	t.Cleanup(b.server.Close)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	b.client = &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return b
}

// answer is what came back: for a page its text and its tree.
type answer struct {
	status   int
	header   http.Header
	text     string
	location string
}

func (b *browser) do(r *http.Request) answer {
	b.Helper()
	x, err := b.client.Do(r)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = x.Body.Close() }()
	data, err := io.ReadAll(x.Body)
	if err != nil {
		b.Fatal(err)
	}
	a := answer{x.StatusCode, x.Header, string(data), x.Header.Get("Location")}
	if strings.HasPrefix(a.header.Get("Content-Type"), "text/html") && a.location == "" {
		b.inspect(r.URL.Path, a)
	}
	return a
}

func (b *browser) get(path string) answer {
	b.Helper()
	r, err := http.NewRequestWithContext(b.Context(), "GET", b.server.URL+path, nil)
	if err != nil {
		b.Fatal(err)
	}
	return b.do(r)
}

// page gets a page that must be there.
func (b *browser) page(path string) string {
	b.Helper()
	a := b.get(path)
	if a.status != http.StatusOK {
		b.Fatalf("%s: %d\n%s", path, a.status, a.text)
	}
	return a.text
}

// send submits a form, as a browser does from the console itself unless site says
// otherwise.
func (b *browser) send(path string, fields url.Values, site string) answer {
	b.Helper()
	r, err := http.NewRequestWithContext(b.Context(), "POST", b.server.URL+path, strings.NewReader(fields.Encode()))
	if err != nil {
		b.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", site)
	return b.do(r)
}

func (b *browser) signIn(fields url.Values) answer {
	b.Helper()
	return b.send("/sign-in", fields, "same-origin")
}

func (b *browser) asAdmin() {
	b.Helper()
	if a := b.signIn(url.Values{"token": {"admin"}}); a.status != http.StatusSeeOther {
		b.Fatalf("signing in: %d\n%s", a.status, a.text)
	}
}

// inspect holds a page against the promises of the package: no script, no inline
// style, nothing from elsewhere, labels on all fields, forms that post to here.
func (b *browser) inspect(path string, a answer) {
	b.Helper()
	if got := a.header.Get("Content-Security-Policy"); !strings.HasPrefix(got, "default-src 'none'; style-src 'self';") {
		b.Errorf("%s: policy %q", path, got)
	}
	tree, err := html.Parse(strings.NewReader(a.text))
	if err != nil {
		b.Fatal(err)
	}
	for n := range tree.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		switch n.Data {
		case "script", "style", "iframe", "object", "embed", "base":
			b.Errorf("%s has an element %s", path, n.Data)
		case "input", "select", "textarea":
			if attribute(n, "type") != "hidden" && n.Parent.Data != "label" && attribute(n, "aria-label") == "" {
				b.Errorf("%s has a field %s without a label", path, attribute(n, "name"))
			}
		case "form":
			if attribute(n, "method") == "" || !strings.HasPrefix(attribute(n, "action"), "/") {
				b.Errorf("%s has a form to %q by %q", path, attribute(n, "action"), attribute(n, "method"))
			}
		}
		for _, x := range n.Attr {
			link := x.Key == "href" || x.Key == "src" || x.Key == "action" || x.Key == "formaction"
			if strings.HasPrefix(x.Key, "on") || x.Key == "style" || link && !strings.HasPrefix(x.Val, "/") && !strings.HasPrefix(x.Val, "?") && x.Val != "data:," {
				b.Errorf("%s has %s=%q", path, x.Key, x.Val)
			}
		}
	}
}

func attribute(n *html.Node, name string) string {
	for _, x := range n.Attr {
		if x.Key == name {
			return x.Val
		}
	}
	return ""
}

// contains asserts texts on a page, and the absence of those that begin with !.
func (b *browser) contains(text string, want ...string) {
	b.Helper()
	for _, w := range want {
		if rest, not := strings.CutPrefix(w, "!"); not == strings.Contains(text, rest) {
			b.Errorf("want %q, in\n%s", w, text)
		}
	}
}
