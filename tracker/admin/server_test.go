package admin

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-logr/logr"
)

type fixedAuthorizer struct {
	caller Caller
	err    error
	asked  Attributes
}

func (f *fixedAuthorizer) Authorize(_ context.Context, _ string, want Attributes) (Caller, error) {
	f.asked = want
	return f.caller, f.err
}

func TestHandlerServesWhatItIsGiven(t *testing.T) {
	ready, warning := false, ""
	h := NewHandler(Options{
		Log:        logr.Discard(),
		Warning:    func() string { return warning },
		Ready:      func() (bool, string) { return ready, "the first snapshot" },
		Links:      func() (bool, string) { return true, "" },
		Snapshot:   func() any { return map[string]int{"revision": 7} },
		API:        http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("a bug") }),
		Authorizer: &fixedAuthorizer{},
	})
	get := func(path string) (int, string) {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		return w.Code, w.Body.String()
	}
	for _, tc := range []struct {
		path     string
		ready    bool
		wantCode int
		wantBody string
	}{
		{"/healthz", false, 200, "ok"},
		{"/readyz", false, 503, "not ready: the first snapshot"},
		{"/readyz", true, 200, "ready"},
		{"/readyz/links", false, 200, "ready"},
		{"/-/snapshot", false, 200, `{"revision":7}`},
		{"/metrics", false, 404, ""},
		{"/api/v1/reports", false, 500, `"reason":"internal_error"`},
	} {
		ready = tc.ready
		code, body := get(tc.path)
		if code != tc.wantCode || !strings.Contains(body, tc.wantBody) {
			t.Errorf("GET %s = %d %q, want %d with %q", tc.path, code, body, tc.wantCode, tc.wantBody)
		}
	}
	warning = "no room"
	for _, tc := range []struct {
		path  string
		ready bool
		want  string
	}{
		{"/readyz", true, "ready\nwarning: no room\n"}, {"/readyz/links", false, "ready\nwarning: no room\n"}, {"/readyz", false, "not ready: the first snapshot\n"},
	} {
		ready = tc.ready
		if _, body := get(tc.path); body != tc.want {
			t.Errorf("GET %s = %q, want %q", tc.path, body, tc.want)
		}
	}
}

func TestAuthenticated(t *testing.T) {
	inner := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte(CallerFrom(r.Context()).Name))
	})
	cookie := func(r *http.Request) { r.AddCookie(&http.Cookie{Name: CookieName, Value: "t"}) }
	for _, tc := range []struct {
		name       string
		method     string
		change     func(*http.Request)
		err        error
		wantCode   int
		wantReason string
	}{
		{name: "allowed", method: "GET", wantCode: 200},
		{name: "no or wrong token", method: "GET", err: ErrUnauthenticated, wantCode: 401, wantReason: "unauthenticated"},
		{name: "not allowed", method: "GET", err: ErrForbidden, wantCode: 403, wantReason: "forbidden"},
		{name: "authority unreachable", method: "GET", err: errors.New("down"), wantCode: 503, wantReason: "authorization_unavailable"},
		{name: "change by cookie from another site", method: "POST", change: cookie, wantCode: 403, wantReason: "cross_site"},
		{name: "change by cookie from the console", method: "POST", wantCode: 200,
			change: func(r *http.Request) { cookie(r); r.Header.Set("Sec-Fetch-Site", "same-origin") }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := httptest.NewRequest(tc.method, "/api/v1/conversions/abc/approve?network=n&partner=p", nil)
			if tc.change != nil {
				tc.change(r)
			}
			a := &fixedAuthorizer{caller: Caller{Name: "ann"}, err: tc.err}
			w := httptest.NewRecorder()
			Authenticated(a, inner).ServeHTTP(w, r)
			if w.Code != tc.wantCode {
				t.Fatalf("status %d, want %d: %s", w.Code, tc.wantCode, w.Body)
			}
			if tc.wantReason == "" {
				verb := map[string]string{"GET": "get", "POST": "update"}[tc.method]
				if want := (Attributes{verb, "conversions", "n", "p"}); a.asked != want {
					t.Errorf("asked for %+v, want %+v", a.asked, want)
				}
				return
			}
			var p Problem
			if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || p.Reason != tc.wantReason || p.Status != tc.wantCode {
				t.Errorf("problem %+v (%v), want reason %s", p, err, tc.wantReason)
			}
		})
	}
}
