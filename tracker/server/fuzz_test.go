package server_test

import (
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/valyala/fasthttp"

	"github.com/waypost/waypost/tracker/journal"
)

// FuzzPostback: whatever is sent, it is answered from the table of verdicts, is in
// the journal once, and no key of it is.
func FuzzPostback(f *testing.F) {
	f.Add("clickid={{click}}&amount=1.5&goal=buy", "", "")
	f.Add("clickid={{click}}", "application/json", `{"amount":1,"key":"secret-key"}`)
	f.Add("api_key=secret-key&KEY=secret-key&status=5", "application/x-www-form-urlencoded", "goal_id=0&txid=%ff")
	f.Add("offer=1001&partner=2002&goal=lead&test=1", "text/plain", "{")
	f.Add("encrypted=x&clickid=%7Bclickid%7D&sum=,", "multipart/form-data", "x")
	f.Add("clickid={{click}}", "", " \n")
	w := newWorld(f, nil)
	click := w.clickID(network, "1001", "2002")
	f.Fuzz(func(t *testing.T, query, contentType, body string) {
		query = strings.ReplaceAll(query, "{{click}}", click)
		if strings.ContainsFunc(query, func(r rune) bool { return r < ' ' || r == 0x7f }) || strings.Contains(query, "://") {
			return // no request line that fasthttp would have read, or one to another host
		}
		ctx := newContext(t, "/")
		ctx.Request.SetRequestURI("/postback?" + query)
		ctx.Request.Header.SetMethod("POST")
		ctx.Request.Header.SetContentType(contentType)
		ctx.Request.SetBodyString(body)
		w.server.Handler()(ctx)
		switch code := ctx.Response.StatusCode(); code {
		case 200, 202, 400, 403:
			checkEntry(t, w.journal.take())
		case 414:
		default:
			t.Errorf("status %d", code)
		}
	})
}

func checkEntry(t *testing.T, entries []journal.Entry) {
	t.Helper()
	if len(entries) != 1 || entries[0].Postback == nil {
		t.Fatalf("%d entries", len(entries))
	}
	p := entries[0].Postback
	for _, param := range p.Params {
		switch strings.ToLower(param.Name) {
		case "key", "api_key", "secure", "security_token":
			t.Errorf("the key %s is in the journal", param.Name)
		}
	}
	if p.Reason == "" && (p.Terms == nil || p.Terms.Offer.Name == "" || p.Terms.Goal.Value == "") {
		t.Errorf("nothing is wrong with it, yet its terms are %+v", p.Terms)
	}
	if (p.Reason == "") != (p.HTTPStatus == 0) {
		t.Errorf("reason %q and status %d", p.Reason, p.HTTPStatus)
	}
}

// FuzzClick: every click is redirected to a host of the configuration, with
// nothing in the header that could be taken for another one, or gets the page.
func FuzzClick(f *testing.F) {
	for _, q := range []string{
		"offer=1001&partner=2002&sub1=a", "offer=1001&partner=2002&redirect=https%3A%2F%2Fshop.example%2F..%2F%0d%0aX:y",
		"offer=1021&partner=2002&sub1=..&source=%00&ref=%ff", "offer=9&partner=2", "a=1&c=2", "offer=1017&partner=2002&url=//evil",
	} {
		f.Add("/click", q, "ua", "a=b")
	}
	f.Add("/aff_i", "offer_id=1001&aff_id=2002&aff_sub=x", "", "wpi_=;;")
	w := newWorld(f, nil)
	f.Fuzz(func(t *testing.T, path, query, userAgent, cookie string) {
		if strings.ContainsAny(path+query+userAgent+cookie, "\r\n\x00 ") {
			return
		}
		ctx := newContext(t, "/")
		ctx.Request.SetRequestURI("/" + strings.TrimLeft(path, "/") + "?" + query)
		ctx.Request.Header.SetUserAgent(userAgent)
		ctx.Request.Header.SetBytesV("Cookie", []byte(cookie))
		w.server.Handler()(ctx)
		w.journal.take()
		checkAnswer(t, ctx)
	})
}

func checkAnswer(t *testing.T, ctx *fasthttp.RequestCtx) {
	t.Helper()
	switch code := ctx.Response.StatusCode(); code {
	case 200, 202, 204, 400, 403, 404, 405, 414:
	case 302:
		checkLocation(t, string(ctx.Response.Header.Peek("Location")))
	default:
		t.Errorf("status %s", strconv.Itoa(code))
	}
}

func checkLocation(t *testing.T, location string) {
	t.Helper()
	u, err := url.Parse(location)
	if err != nil {
		t.Fatalf("Location: %s: %v", location, err)
	}
	switch u.Host {
	case "shop.example", "xn--bcher-kva.example", "example.net":
	default:
		t.Errorf("Location: %s", location)
	}
	for i := range len(location) {
		if c := location[i]; c <= ' ' || c >= 0x7f || c == '\\' || c == '"' {
			t.Errorf("Location: %q", location)
		}
	}
}
