package browser

import (
	"strings"
	"sync"
	"testing"
	"time"
)

// pixel is an element of the thank-you page.
type pixel struct {
	name    string
	element func(src string) string
	link    string // behind the tracker's name
	// byID says that the shop adds the click id that its landing page got.
	byID bool
}

// pixels are all kinds of them. plain is the link of a goal that wants the sealed one.
func (w *waypost) pixels(t *testing.T) []pixel {
	t.Helper()
	return []pixel{
		{"image", image, "/pixel.gif?offer=1001&goal=image", false},
		{"frame", frame, "/pixel.html?offer=1001&goal=frame", false},
		{"secure", image, "/pixel.gif?offer=1001&goal=secure", false},
		{"look", image, "/click.gif?offer=1001&goal=look", false},
		{"sealed", image, w.sealedPixel(t, "sealed"), false},
		{"plain", image, "/pixel.gif?offer=1001&goal=sealed", false},
		{"wrong", frame, "/pixel.html?offer=1001&goal=image", false},
		{"tune", image, "/aff_l?offer_id=1001&goal_id=shoes-image", false},
		{"image-by-id", image, "/pixel.gif?goal=image", true},
		{"frame-by-id", frame, "/pixel.html?offer=1001&goal=frame", true},
		{"secure-by-id", image, "/pixel.gif?offer=1001&goal=secure", true},
		{"sealed-by-id", image, w.sealedPixel(t, "sealed"), true},
	}
}

// outcomes are what becomes of each pixel: approved, or the reason against it.
type outcomes map[string]string

const missing = "missing_click_id"

var (
	// The click's cookie comes with the pixels.
	withCookie = outcomes{
		"image": "approved", "frame": "approved", "secure": "approved", "look": "approved", "sealed": "approved",
		"plain": "encryption_required", "wrong": "wrong_protocol", "tune": "approved",
		"image-by-id": "approved", "frame-by-id": "approved", "secure-by-id": "approved", "sealed-by-id": "approved",
	}
	// It does not: only pixels with a click id convert.
	withoutCookie = outcomes{
		"image": missing, "frame": missing, "secure": missing, "look": missing, "sealed": missing,
		"plain": missing, "wrong": missing, "tune": missing,
		"image-by-id": "approved", "frame-by-id": "approved", "secure-by-id": "approved", "sealed-by-id": "approved",
	}
)

// with returns the outcomes with one of them changed.
func (o outcomes) with(name, outcome string) outcomes {
	changed := outcomes{name: outcome}
	for k, v := range o {
		if k != name {
			changed[k] = v
		}
	}
	return changed
}

// TestPixelsInChromium: a visitor reads a blog, clicks, buys, and the thank-you page
// has pixels of every kind. Only what browsers do with cookies differs.
func TestPixelsInChromium(t *testing.T) {
	findChromium(t)
	w := startWaypost(t)
	for _, tt := range []struct {
		name    string
		visitor visitor
		tls     bool
		tracker string
		want    outcomes
		// seen says that the click is led back to the impression on the blog.
		seen bool
	}{
		{"third-party cookies allowed", visitor{thirdParties: allowed}, true, "go.net.example", withCookie, true},
		{"third-party cookies blocked", visitor{thirdParties: blocked}, true, "go.net.example", withoutCookie, false},
		{"incognito", visitor{thirdParties: blockedInIncognito, incognito: true}, true, "go.net.example", withoutCookie, false},
		{"third-party cookies blocked, tracker under the shop", visitor{thirdParties: blocked}, true, "go.shop.example", withCookie, false},
		{"without TLS", visitor{thirdParties: allowed}, false, "go.net.example", withoutCookie.with("secure-by-id", "wrong_protocol"), false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			n := newInternet(t, tt.tls, w.public)
			n.tracker = tt.tracker
			pixels := w.pixels(t)
			n.pixels = func(clickID string) []string { return elements(n, t.Name(), clickID, pixels) }
			shown := make(chan struct{})
			n.done = sync.OnceFunc(func() { close(shown) })
			tt.visitor.visit(t, n.address(), n.scheme+"://blog.example/post")
			select {
			case <-shown:
			case <-time.After(2 * time.Minute):
				t.Fatal("the thank-you page was not shown within two minutes")
			}
			w.wantOutcomes(t, t.Name(), tt.want)
			w.wantSession(t, n, t.Name(), tt.seen)
		})
	}
}

// elements are the pixels in HTML; each has an order id of its own, so that the
// ledger tells them apart.
func elements(n *internet, test, clickID string, pixels []pixel) []string {
	var all []string
	for _, p := range pixels {
		src := n.scheme + "://" + n.tracker + p.link + "&order_id=" + orderID(test, p.name)
		if p.byID {
			src += "&clickid=" + clickID
		}
		all = append(all, p.element(src))
	}
	return all
}

func orderID(test, pixel string) string {
	return strings.ReplaceAll(test, "/", "_") + "_" + pixel
}

// wantOutcomes waits until the ledger has judged every pixel, and compares.
func (w *waypost) wantOutcomes(t *testing.T, test string, want outcomes) {
	t.Helper()
	log := map[string]postback{}
	eventually(t, "the ledger to judge every pixel", func() bool {
		log = w.byOrder(t)
		for name := range want {
			if log[orderID(test, name)].Verdict == "" {
				return false
			}
		}
		return true
	})
	conversions := w.conversions(t)
	for name, outcome := range want {
		p := log[orderID(test, name)]
		got := p.Reason
		if got == "" {
			got = p.Verdict
		}
		if got != outcome {
			t.Errorf("the pixel %s is %s, want %s", name, got, outcome)
		}
		c, recorded := conversions[p.Conversion]
		// A click-only goal is counted, and no conversion.
		if recorded != (outcome == "approved" && name != "look") || recorded && (c.Status != "approved" || c.Goal != p.Goal) {
			t.Errorf("the pixel %s is recorded as %+v", name, c)
		}
	}
}

// wantSession checks that one click and one impression were counted, and whether
// the one came of the other.
func (w *waypost) wantSession(t *testing.T, n *internet, test string, seen bool) {
	t.Helper()
	clicks, impressions := n.requests("/click"), n.requests("/impression")
	if len(clicks) != 1 || len(impressions) != 1 {
		t.Fatalf("%d clicks and %d impressions, want one of each", len(clicks), len(impressions))
	}
	click := w.byOrder(t)[orderID(test, "image-by-id")]
	if id := clicks[0].header.Get("Waypost-Click"); click.ClickID != id || id == "" {
		t.Errorf("the conversion is of the click %q, want %q", click.ClickID, id)
	}
	impression := impressions[0].header.Get("Waypost-Impression")
	if came := strings.Contains(clicks[0].cookie, impression); came != seen || impression == "" {
		t.Errorf("the impression %q came with the click: %v, want %v", impression, came, seen)
	}
	for _, r := range n.requests("/pixel.gif") {
		if reason := r.header.Get("Waypost-Reason"); (reason == missing) != (r.cookie == "" && !strings.Contains(r.query, "clickid=")) {
			t.Errorf("cookie %q, query %s: Waypost-Reason: %s", r.cookie, r.query, reason)
		}
	}
}
