package server_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/waypost/waypost/api/snapshot"
)

// The click's cookie leads a pixel back to the click; the last click wins.
func TestACookieLeadsThePixelToTheLastClick(t *testing.T) {
	w := newWorld(t, nil)
	var jar string
	for _, partner := range []string{"2002", "2003"} {
		res := w.get(t, "/click?offer=1020&partner="+partner)
		for _, c := range res.Cookies() {
			jar = c.Name + "=" + c.Value // of equal names a browser keeps the last
			if !c.HttpOnly || c.Path != "/" || c.MaxAge != 720*3600 {
				t.Errorf("the cookie is %v", c)
			}
		}
	}
	w.journal.take()
	res := w.get(t, "/pixel.gif?offer=1020", "Cookie: "+jar)
	if got := describe(w.journal.one()); res.StatusCode != 200 || got["partner"] != "deal-hunter" || got["reason"] != "" {
		t.Errorf("status %d, entry %v", res.StatusCode, got)
	}
}

// The impression's cookie leads a click back to the impression.
func TestACookieLeadsTheClickToTheLastImpression(t *testing.T) {
	w := newWorld(t, nil)
	res := w.get(t, "/impression?offer=1001&partner=2002")
	id := res.Header.Get("Waypost-Impression")
	w.journal.take()
	w.get(t, "/click?offer=1001&partner=2002", "Cookie: "+cookieLine(res))
	if got := describe(w.journal.one()); got["aimp"] != id || id == "" {
		t.Errorf("the click's impression is %q, want %q", got["aimp"], id)
	}
}

func cookieLine(res *http.Response) string {
	var pairs []string
	for _, c := range res.Cookies() {
		pairs = append(pairs, c.Name+"="+c.Value)
	}
	return strings.Join(pairs, "; ")
}

// Whoever has clicked very many offers keeps the newest: his Cookie header must
// not grow until no server reads it.
func TestOldCookiesAreTakenBack(t *testing.T) {
	w := newWorld(t, nil)
	var jar []string
	for i := range 80 {
		offer := fmt.Sprint(5000 + i)
		id := w.minter.AppendClick(nil, now.Add(-time.Duration(i)*time.Hour), snapshot.OfferHash(network, offer), 1)
		jar = append(jar, clickCookieName(network, offer)+"="+string(id))
	}
	jar = append(jar, "wpc_nonsense=x", "session=theirs")
	res := w.get(t, "/click?offer=1001&partner=2002", "Cookie: "+strings.Join(jar, "; "))
	gone := map[string]bool{}
	for _, c := range res.Cookies() {
		if c.MaxAge < 0 {
			gone[c.Name] = true
		}
	}
	if len(gone) != 41 || !gone["wpc_nonsense"] || gone["session"] {
		t.Errorf("%d cookies taken back", len(gone))
	}
	for i := range 80 {
		name := clickCookieName(network, fmt.Sprint(5000+i))
		if want := i >= 40; gone[name] != want {
			t.Errorf("the cookie of %d hours ago: taken back %v", i, gone[name])
		}
	}
}
