package admin

import (
	"context"
	"errors"
	"net/http"
	"strings"
)

// Attributes are what a request is about, in Kubernetes' words, so that plain Roles can
// govern it: verb get or update on a subresource of networks or partners in the group
// waypost.dev.
type Attributes struct {
	// Verb is get for reading and update for moderation and retries.
	Verb string
	// Subresource is reports, conversions, postbacks, deliveries, clicks or profiles.
	Subresource string
	// Network is the namespace asked about, "" for all of them.
	Network string
	// Partner is the name of the one partner asked about, "" for all of them.
	Partner string
}

// Caller is the owner of an admitted token, and the extent of what the answer may hold.
type Caller struct {
	// Name is written into the history of what the caller decides.
	Name string
	// PartnerOnly is set where the caller may see one partner's own numbers only:
	// private goals and revenue are left out.
	PartnerOnly bool
}

// ErrUnauthenticated means that the token is missing or not valid, ErrForbidden
// that its owner may not do this.
var (
	ErrUnauthenticated = errors.New("the bearer token is missing or not valid")
	ErrForbidden       = errors.New("the owner of this token may not do this")
)

// Authorizer decides about a bearer token. Implementations are safe for
// concurrent use and return ErrUnauthenticated or ErrForbidden.
type Authorizer interface {
	Authorize(ctx context.Context, token string, want Attributes) (Caller, error)
}

type callerKey struct{}

// CallerFrom returns the caller of the request that ctx belongs to, the zero value outside
// of Authenticated.
func CallerFrom(ctx context.Context) Caller {
	caller, _ := ctx.Value(callerKey{}).(Caller)
	return caller
}

// Authenticated lets a request pass when its owner may do what it asks for. The
// token stands in the Authorization header, or, for the console's pages, in the
// cookie that the console's sign-in set.
func Authenticated(a Authorizer, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token, fromCookie := bearer(r)
		if fromCookie && r.Method != http.MethodGet && r.Header.Get("Sec-Fetch-Site") != "same-origin" {
			WriteProblem(w, http.StatusForbidden, "cross_site", "a change must come from the console itself")
			return
		}
		caller, err := a.Authorize(r.Context(), token, attributesOf(r))
		switch {
		case errors.Is(err, ErrUnauthenticated):
			w.Header().Set("WWW-Authenticate", `Bearer realm="waypost"`)
			WriteProblem(w, http.StatusUnauthorized, "unauthenticated", err.Error())
		case errors.Is(err, ErrForbidden):
			WriteProblem(w, http.StatusForbidden, "forbidden", err.Error())
		case err != nil:
			WriteProblem(w, http.StatusServiceUnavailable, "authorization_unavailable", "the token could not be checked; try again")
		default:
			next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), callerKey{}, caller)))
		}
	})
}

// CookieName is the cookie in which the console keeps the token: HttpOnly,
// SameSite=Strict, for the session.
const CookieName = "waypost-token"

func bearer(r *http.Request) (token string, fromCookie bool) {
	if scheme, rest, ok := strings.Cut(r.Header.Get("Authorization"), " "); ok && strings.EqualFold(scheme, "Bearer") {
		return strings.TrimSpace(rest), false
	}
	if c, err := r.Cookie(CookieName); err == nil {
		return c.Value, true
	}
	return "", false
}

// attributesOf derives the attributes of a request from its path and method. A profile
// is one of the process, so it belongs to no network.
func attributesOf(r *http.Request) Attributes {
	if strings.HasPrefix(r.URL.Path, ProfilesPath) {
		return Attributes{Verb: "get", Subresource: "profiles"}
	}
	rest := strings.TrimPrefix(r.URL.Path, "/api/v1/")
	subresource, _, _ := strings.Cut(rest, "/")
	query := r.URL.Query()
	verb := "get"
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		verb = "update"
	}
	return Attributes{Verb: verb, Subresource: subresource, Network: query.Get("network"), Partner: query.Get("partner")}
}
