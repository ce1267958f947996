package server

import (
	"bytes"
	"math/bits"
	"strconv"

	"github.com/waypost/waypost/tracker/token"
)

// Cookies hold ids, which are authenticated as they are. A click's cookie is
// found by its offer, an impression's by offer and partner, so the last one of
// each is kept; the names carry hashes, because tracking ids are not for shop
// windows.
const (
	clickCookie      = "wpc_"
	impressionCookie = "wpi_"
	// cookieBytes is how large the Cookie header of a visitor may become before the
	// oldest half of our cookies is taken back: a visitor of very many offers must
	// not run into the limit on headers.
	cookieBytes = 4 << 10
)

var headerCookie = []byte("Cookie")

const hexDigits = "0123456789abcdef"

// appendCookieName appends prefix and hash.
func appendCookieName(dst []byte, prefix string, hash uint64) []byte {
	dst = append(dst, prefix...)
	for shift := 60; shift >= 0; shift -= 4 {
		dst = append(dst, hexDigits[hash>>shift&15])
	}
	return dst
}

func (v *visit) impressionHash() uint64 {
	return v.pair.hash ^ bits.RotateLeft64(v.pair.partnerHash, 1)
}

// cookie returns the value of the visitor's cookie, nil if there is none. It is
// good until the next cookie is looked for.
func (v *visit) cookie(prefix string, hash uint64) []byte {
	header := v.ctx.Request.Header.PeekCanonical(headerCookie)
	if len(header) == 0 {
		return nil
	}
	v.cookieBuffer = append(appendCookieName(v.cookieBuffer[:0], prefix, hash), '=')
	for len(header) > 0 {
		var pair []byte
		pair, header = cutCookie(header)
		if value, ok := bytes.CutPrefix(pair, v.cookieBuffer); ok {
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

// setClickCookie remembers the click for pixel goals of its offer, as long as
// the click counts.
func (v *visit) setClickCookie() {
	v.setCookie(clickCookie, v.pair.hash, v.clickID, int(v.pair.hours))
}

// setImpressionCookie remembers the impression for a later click.
func (v *visit) setImpressionCookie() {
	v.setCookie(impressionCookie, v.impressionHash(), v.aimpID, int(v.pair.hours))
}

// setCookie adds a cookie. Pixels stand on other people's pages, so over TLS it
// must say SameSite=None; Secure, which without TLS no browser would take.
func (v *visit) setCookie(prefix string, hash uint64, id []byte, hours int) {
	b := append(appendCookieName(v.cookieBuffer[:0], prefix, hash), '=')
	b = append(b, id...)
	b = append(b, "; Path=/; Max-Age="...)
	b = strconv.AppendInt(b, int64(hours)*3600, 10)
	b = append(b, "; HttpOnly; SameSite="...)
	if v.transport == transportTLS {
		b = append(b, "None; Secure"...)
	} else {
		b = append(b, "Lax"...)
	}
	v.cookieBuffer = b
	v.ctx.Response.Header.SetCanonical(headerSetCookie, b)
	if len(v.ctx.Request.Header.PeekCanonical(headerCookie)) > cookieBytes {
		v.dropOldCookies()
	}
}

// dropOldCookies takes back the older half of our cookies, by the time in their
// ids, and those that hold none.
func (v *visit) dropOldCookies() {
	var names []string
	var times []uint32
	for header := v.ctx.Request.Header.PeekCanonical(headerCookie); len(header) > 0; {
		var pair []byte
		pair, header = cutCookie(header)
		name, id, _ := bytes.Cut(pair, []byte("="))
		if !bytes.HasPrefix(name, []byte(clickCookie)) && !bytes.HasPrefix(name, []byte(impressionCookie)) {
			continue
		}
		opened, err := token.Open(v.s.keys.Load(), view(id))
		if err != nil {
			opened.Seconds = 0
		}
		names, times = append(names, string(name)), append(times, opened.Seconds)
	}
	for _, name := range olderHalf(names, times) {
		v.ctx.Response.Header.Add("Set-Cookie", name+"=; Path=/; Max-Age=0")
	}
}
