package console

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/waypost/waypost/tracker/admin"
	"github.com/waypost/waypost/tracker/ledger/query"
)

// scopeCookie keeps which network and partner a session is for: in a
// cluster a token may be good for these only.
const scopeCookie = "waypost-scope"

// visit is one request of a signed-in session.
type visit struct {
	w      http.ResponseWriter
	r      *http.Request
	caller admin.Caller
	scope  query.Scope
	// zone is what times are shown in.
	zone *time.Location
}

// signedIn lets those in whose token allows it; others sign in first.
func (c *console) signedIn(subresource string, serve func(v *visit) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		v, err := c.enter(w, r, subresource)
		switch {
		case errors.Is(err, admin.ErrUnauthenticated):
			http.Redirect(w, r, "/sign-in?next="+url.QueryEscape(r.URL.RequestURI()), http.StatusSeeOther)
			return
		case errors.Is(err, admin.ErrForbidden):
			c.message(w, http.StatusForbidden, "Your token does not allow this.")
			return
		case err != nil:
			c.Log.Error(err, "checking a token")
			c.message(w, http.StatusServiceUnavailable, "Your token could not be checked. Try again in a moment.")
			return
		}
		if err := serve(v); err != nil {
			c.failed(v, err)
		}
	}
}

// enter authorizes the token of the cookie for the session's scope. Posts ask for the verb
// update, all else for get. A caller for one partner changes nothing, and has to have named
// that partner.
func (c *console) enter(w http.ResponseWriter, r *http.Request, subresource string) (*visit, error) {
	token := cookie(r, admin.CookieName)
	if token == "" {
		return nil, admin.ErrUnauthenticated
	}
	network, partner := readScope(cookie(r, scopeCookie))
	verb := "get"
	if r.Method == http.MethodPost {
		verb = "update"
	}
	want := admin.Attributes{Verb: verb, Subresource: subresource, Network: network, Partner: partner}
	caller, err := c.Authorizer.Authorize(r.Context(), token, want)
	if err != nil {
		return nil, err
	}
	v := &visit{w: w, r: r, caller: caller, scope: query.Scope{Network: network, Partner: partner, PartnerOnly: caller.PartnerOnly}}
	if caller.PartnerOnly && (partner == "" || verb != "get") {
		return nil, admin.ErrForbidden
	}
	v.zone, err = c.Books.Zone(r.Context(), v.scope)
	return v, err
}

func cookie(r *http.Request, name string) string {
	if x, err := r.Cookie(name); err == nil {
		return x.Value
	}
	return ""
}

// The scope is written as network/partner; names have no slash.
func writeScope(network, partner string) string {
	return url.QueryEscape(network) + "/" + url.QueryEscape(partner)
}

func readScope(s string) (network, partner string) {
	network, partner, _ = strings.Cut(s, "/")
	network, networkErr := url.QueryUnescape(network)
	partner, partnerErr := url.QueryUnescape(partner)
	if networkErr != nil || partnerErr != nil {
		return "", ""
	}
	return network, partner
}

// signInForm is what the page of the same name shows.
type signInForm struct {
	Next, Network, Partner, Problem string
}

func (c *console) signInPage(w http.ResponseWriter, r *http.Request) {
	network, partner := readScope(cookie(r, scopeCookie))
	c.show(w, http.StatusOK, "sign-in", signInForm{Next: local(r.URL.Query().Get("next")), Network: network, Partner: partner})
}

func (c *console) signIn(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
	form := signInForm{Next: local(r.PostFormValue("next")), Network: strings.TrimSpace(r.PostFormValue("network")), Partner: strings.TrimSpace(r.PostFormValue("partner"))}
	token := strings.TrimSpace(r.PostFormValue("token"))
	err := admin.ErrUnauthenticated
	if token != "" {
		_, err = c.Authorizer.Authorize(r.Context(), token, admin.Attributes{Verb: "get", Subresource: "reports", Network: form.Network, Partner: form.Partner})
	}
	switch {
	case err == nil:
		setCookie(w, r, admin.CookieName, token)
		setCookie(w, r, scopeCookie, writeScope(form.Network, form.Partner))
		http.Redirect(w, r, form.Next, http.StatusSeeOther)
		return
	case errors.Is(err, admin.ErrUnauthenticated):
		form.Problem = "This token is not valid."
	case errors.Is(err, admin.ErrForbidden):
		form.Problem = "This token is valid, but not for what you ask to see. It may be good for one network, or one partner of it: name them."
	case errors.Is(err, context.Canceled):
		return
	default:
		c.Log.Error(err, "checking a token")
		form.Problem = "The token could not be checked. Try again in a moment."
	}
	c.show(w, http.StatusUnauthorized, "sign-in", form)
}

func (c *console) signOut(w http.ResponseWriter, r *http.Request) {
	setCookie(w, r, admin.CookieName, "")
	http.Redirect(w, r, "/sign-in", http.StatusSeeOther)
}

// setCookie sets a cookie for the session; "" removes it.
func setCookie(w http.ResponseWriter, r *http.Request, name, value string) {
	x := &http.Cookie{Name: name, Value: value, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: r.TLS != nil}
	if value == "" {
		x.MaxAge = -1
	}
	http.SetCookie(w, x)
}

// local is a path on this server, / for anything that leads elsewhere.
func local(next string) string {
	u, err := url.Parse(next)
	if err != nil || u.IsAbs() || u.Host != "" || !strings.HasPrefix(u.Path, "/") || strings.HasPrefix(u.Path, "//") || strings.Contains(next, `\`) {
		return "/"
	}
	return u.RequestURI()
}
