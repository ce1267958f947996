package admin

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-logr/logr"
)

// TestProfiles: profiles need an authorizer and its leave, the right is that of all
// networks, and the command line is not among them.
func TestProfiles(t *testing.T) {
	allowed := &fixedAuthorizer{caller: Caller{Name: "ann"}}
	for _, tc := range []struct {
		name, path string
		authorizer Authorizer
		wantCode   int
		wantBody   string
	}{
		{"index", "/debug/pprof/", allowed, 200, "goroutine"},
		{"goroutines", "/debug/pprof/goroutine?debug=1&partner=best-blog&network=shop", allowed, 200, "TestProfiles"},
		{"heap", "/debug/pprof/heap", allowed, 200, ""},
		{"trace", "/debug/pprof/trace?seconds=0.01", allowed, 200, ""},
		{"command line", "/debug/pprof/cmdline", allowed, 404, ""},
		{"no right", "/debug/pprof/heap", &fixedAuthorizer{err: ErrForbidden}, 403, "forbidden"},
		{"no token", "/debug/pprof/profile", &fixedAuthorizer{err: ErrUnauthenticated}, 401, "unauthenticated"},
		{"no authorizer", "/debug/pprof/heap", nil, 404, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := httptest.NewRecorder()
			NewHandler(Options{Log: logr.Discard(), Authorizer: tc.authorizer}).
				ServeHTTP(w, httptest.NewRequest(http.MethodGet, tc.path, nil))
			if w.Code != tc.wantCode || !strings.Contains(w.Body.String(), tc.wantBody) {
				t.Errorf("GET %s = %d %q, want %d with %q", tc.path, w.Code, w.Body, tc.wantCode, tc.wantBody)
			}
		})
	}
	if want := (Attributes{Verb: "get", Subresource: "profiles"}); allowed.asked != want {
		t.Errorf("asked for %+v, want %+v", allowed.asked, want)
	}
}
