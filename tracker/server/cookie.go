package server

import (
	"bytes"
	"cmp"
	"slices"
	"strconv"

	"github.com/waypost/waypost/tracker/clickid"
)

// Cookies hold ids, which are authenticated as they are. A click's cookie is found by its
// offer, an impression's by offer and partner, so the last one of each is kept. The names
// carry hashes, because tracking ids are not for the eyes of a browser's user.
const (
	clickCookie      = "wpc_"
	impressionCookie = "wpi_"
	// cookieBytes is how large the Cookie header of a visitor may become before the
	// older half of these cookies is taken back: a visitor of very many offers must not
	// run into the limit on headers.
	cookieBytes = 4 << 10

	hexDigits = "0123456789abcdef"
)

var (
	headerCookie    = []byte("Cookie")
	headerSetCookie = []byte("Set-Cookie")
)

// appendCookieName appends prefix and hash, as 16 digits.
func appendCookieName(dst []byte, prefix string, hash uint64) []byte {
	dst = append(dst, prefix...)
	for shift := 60; shift >= 0; shift -= 4 {
		dst = append(dst, hexDigits[hash>>shift&15])
	}
	return dst
}

// cookie returns the value of a cookie, nil if there is none. It is valid until the next
// cookie is read.
func (r *request) cookie(prefix string, hash uint64) []byte {
	header := r.ctx.Request.Header.PeekCanonical(headerCookie)
	if len(header) == 0 {
		return nil
	}
	r.cookieBuffer = append(appendCookieName(r.cookieBuffer[:0], prefix, hash), '=')
	for len(header) > 0 {
		var pair []byte
		pair, header = cutCookie(header)
		if value, ok := bytes.CutPrefix(pair, r.cookieBuffer); ok {
			return value
		}
	}
	return nil
}

// cutCookie splits the first pair off a Cookie header.
func cutCookie(header []byte) (pair, rest []byte) {
	pair = header
	if i := bytes.IndexByte(header, ';'); i >= 0 {
		pair, rest = header[:i], header[i+1:]
	}
	return bytes.Trim(pair, " \t"), rest
}

// setCookie adds a cookie with an id, for as long as the id counts. Pixels are part of
// pages on other hosts, so over TLS the cookie is SameSite=None; Secure, which no browser
// takes without TLS.
func (r *request) setCookie(prefix string, hash uint64, id []byte, hours int32) {
	b := append(appendCookieName(r.cookieBuffer[:0], prefix, hash), '=')
	b = append(b, id...)
	b = append(b, "; Path=/; Max-Age="...)
	b = strconv.AppendInt(b, int64(hours)*3600, 10)
	b = append(b, "; HttpOnly; SameSite="...)
	if r.transport == transportTLS {
		b = append(b, "None; Secure"...)
	} else {
		b = append(b, "Lax"...)
	}
	r.cookieBuffer = b
	r.ctx.Response.Header.SetCanonical(headerSetCookie, b)
	if len(r.ctx.Request.Header.PeekCanonical(headerCookie)) > cookieBytes {
		r.dropOldCookies()
	}
}

// dropOldCookies takes back the older half of the cookies with ids, by the time in the
// ids; those that hold none are the oldest.
func (r *request) dropOldCookies() {
	type held struct {
		name    string
		seconds uint32
	}
	var cookies []held
	for header := r.ctx.Request.Header.PeekCanonical(headerCookie); len(header) > 0; {
		var pair []byte
		pair, header = cutCookie(header)
		name, id, _ := bytes.Cut(pair, []byte("="))
		if !bytes.HasPrefix(name, []byte(clickCookie)) && !bytes.HasPrefix(name, []byte(impressionCookie)) {
			continue
		}
		opened, err := clickid.Open(r.server.keys.Load(), view(id))
		if err != nil {
			opened.Seconds = 0
		}
		cookies = append(cookies, held{string(name), opened.Seconds})
	}
	slices.SortStableFunc(cookies, func(a, b held) int { return cmp.Compare(a.seconds, b.seconds) })
	for _, old := range cookies[:(len(cookies)+1)/2] {
		r.ctx.Response.Header.Add("Set-Cookie", old.name+"=; Path=/; Max-Age=0")
	}
}
