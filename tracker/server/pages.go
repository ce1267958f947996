package server

import "github.com/valyala/fasthttp"

// page is a fixed answer. Nothing of a request is ever in it, so nothing needs escaping.
type page struct {
	status      int
	contentType string
	body        []byte
	headers     [][2]string
}

// write answers with the page.
func (p *page) write(ctx *fasthttp.RequestCtx) {
	ctx.Response.SetStatusCode(p.status)
	ctx.Response.SetBodyRaw(p.body)
	h := &ctx.Response.Header
	h.SetContentType(p.contentType)
	for i := range p.headers {
		h.Set(p.headers[i][0], p.headers[i][1])
	}
}

// Content types of answers.
const (
	typeHTML = "text/html; charset=utf-8"
	typeText = "text/plain; charset=utf-8"
	typeGIF  = "image/gif"
	typeJSON = "application/json"
)

var (
	noStore = [2]string{"Cache-Control", "no-store"}
	// locked are the headers of a page: it loads nothing and stands in no frame.
	locked = [][2]string{
		noStore,
		{"Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"},
		{"X-Content-Type-Options", "nosniff"},
		{"Referrer-Policy", "no-referrer"},
	}
	// retry is for answers that a second try soon may change.
	retry = [2]string{"Retry-After", "2"}
)

// newPage returns a page for visitors, in words that need no knowledge of tracking.
func newPage(status int, title, body string, headers ...[2]string) page {
	return page{
		status: status, contentType: typeHTML,
		body: []byte("<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>" + title +
			"</title><p>" + body + "</p></html>\n"),
		headers: append(append([][2]string{}, locked...), headers...),
	}
}

var (
	notServed     = newPage(404, "Not available", "This link leads nowhere any more.")
	notFound      = newPage(404, "Not found", "There is nothing here.")
	badMethod     = newPage(405, "Method not allowed", "This address does not take requests of this kind.")
	tooMany       = newPage(429, "Too many requests", "Please wait a moment and try again.", [2]string{"Retry-After", "1"})
	longURL       = newPage(414, "Address too long", "The address is longer than this server reads.")
	malformed     = newPage(400, "Bad request", "The request cannot be read.")
	largeBody     = newPage(413, "Request too large", "The request is larger than this server reads.")
	largeHeader   = newPage(431, "Headers too large", "The headers of the request are larger than this server reads.")
	slowRequest   = newPage(408, "Request timeout", "The request took too long to arrive.")
	notReady      = newPage(503, "Not ready", "The server has just started. Please try again in a moment.", retry)
	crowded       = newPage(503, "Too busy", "Too many visitors are here. Please try again in a moment.", retry)
	internalError = newPage(500, "Internal error", "Something went wrong here.")

	robots = page{
		status: 200, contentType: typeText, body: []byte("User-agent: *\nDisallow: /\n"),
		headers: [][2]string{{"Cache-Control", "public, max-age=86400"}, {"X-Content-Type-Options", "nosniff"}},
	}
	favicon = page{
		status: 204, headers: [][2]string{{"Cache-Control", "public, max-age=86400"}},
	}
	gif = page{
		status: 200, contentType: typeGIF, body: pixelGIF, headers: [][2]string{noStore},
	}
	// frame is the answer to an iframe pixel: a page that may stand anywhere.
	frame = page{
		status: 200, contentType: typeHTML,
		body: []byte("<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>-</title></html>\n"),
		headers: [][2]string{
			noStore,
			{"Content-Security-Policy", "default-src 'none'; frame-ancestors *"},
			{"X-Content-Type-Options", "nosniff"},
			{"Referrer-Policy", "no-referrer"},
		},
	}
)

// pixelGIF is a transparent image of one pixel, 42 bytes.
var pixelGIF = []byte("GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00" +
	",\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x01D\x00;")
