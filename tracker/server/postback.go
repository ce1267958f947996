package server

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"unicode/utf8"

	"github.com/waypost/waypost/api/seal"
	"github.com/waypost/waypost/tracker/journal"
	"github.com/waypost/waypost/tracker/live"
	"github.com/waypost/waypost/tracker/server/params"
)

// postbackCheck is a postback or pixel on its way through the checks. It is made anew for
// each, and nothing in its entry points into the request: the journal may still hold the
// entry when the request has been answered.
type postbackCheck struct {
	request *request
	entry   *journal.Postback
	// bodyBroken reports that there is a body and it cannot be read.
	bodyBroken bool
	// pixel are offer and goal that a pixel names, plainly or sealed.
	pixel pixelTarget

	// What the checks find. Offer and partner are both set or both nil.
	parties
	goal *live.Goal // nil if there is no such one
	// noSession reports that the postback names offer and partner instead of a click.
	noSession bool
}

// pixelTarget is what a conversion pixel is for.
type pixelTarget struct {
	// named reports that an offer was named; offer is nil if there is no such one.
	named bool
	offer *live.Offer
	// sealed reports that offer and goal come from a sealed link; goal is its value.
	sealed bool
	goal   string
}

// servePostback takes an advertiser's server-to-server call. A body that cannot be read is
// noted and not answered at once: what the query has still names offer and partner for the
// log.
func (r *request) servePostback() {
	c := r.newCheck(journal.ViaServer)
	c.bodyBroken = !r.readBody()
	if key, ok := bearer(r.ctx.Request.Header.Peek("Authorization")); ok {
		r.params.AddKey(key)
	}
	c.fill()
	c.check()
	r.answer(c)
}

// servePixel takes a conversion that a visitor's browser reports. A prefetch and a HEAD
// request get the image and record nothing. Country and device are those of the caller, a
// visitor here; the click's own are in the ledger.
func (r *request) servePixel() {
	if r.uncounted() {
		r.writePixel("", "")
		return
	}
	via := r.route.via
	if via == viaGoal {
		via = journal.ViaImage // until the goal is known
	}
	c := r.newCheck(via)
	c.entry.Country = r.server.options.Countries.Of(r.client)
	c.entry.Device = r.server.devices.Of(r.ctx.Request.Header.UserAgent()).Kind
	c.pixel = r.pixelTarget()
	c.fill()
	c.check()
	r.answer(c)
}

// newCheck begins the entry with what every postback and pixel has. Its configuration is
// the index of the whole check.
func (r *request) newCheck(via journal.Via) *postbackCheck {
	return &postbackCheck{request: r, entry: &journal.Postback{
		At: r.now.UnixMicro(), Network: r.network.Name, Config: r.index.Digest, Via: via, SourceIP: r.client.String(),
		UserAgent: copied(clip(r.ctx.Request.Header.UserAgent(), maxUserAgent)),
	}}
}

// bearer takes the key out of an Authorization header (RFC 6750).
func bearer(authorization []byte) ([]byte, bool) {
	scheme, key, ok := bytes.Cut(authorization, []byte(" "))
	return bytes.TrimSpace(key), ok && bytes.EqualFold(scheme, []byte("Bearer"))
}

// readBody adds the parameters of a form or a JSON object to those of the query; false if
// there is a body and it is neither. XML and UTF-16 are not read: without what they hold,
// a rejection would pay.
func (r *request) readBody() bool {
	body := r.ctx.Request.Body()
	if len(body) == 0 || !r.ctx.IsPost() {
		return true
	}
	h := &r.ctx.Request.Header
	switch kind := h.ContentType(); {
	case len(h.ContentEncoding()) > 0, bytes.Contains(kind, []byte("xml")), unreadable(body):
		return false
	case bytes.HasPrefix(kind, []byte("multipart/")):
		return r.params.ScanMultipart(r.route.names, kind, body) == nil
	case bytes.Contains(kind, []byte("json")), bytes.HasPrefix(bytes.TrimLeft(body, " \t\r\n"), []byte("{")):
		return r.params.ScanJSON(r.route.names, body) == nil
	}
	r.params.ScanQuery(r.route.names, body)
	return true
}

// unreadable reports whether a body begins as XML or as UTF-16 does.
func unreadable(body []byte) bool {
	begin := bytes.TrimPrefix(body, []byte("\xef\xbb\xbf"))
	begin = bytes.TrimLeft(begin[:min(len(begin), 16)], " \t\r\n")
	return bytes.HasPrefix(begin, []byte("<")) || bytes.HasPrefix(body, []byte("\xff\xfe")) || bytes.HasPrefix(body, []byte("\xfe\xff")) ||
		bytes.IndexByte(body[:min(len(body), 2)], 0) >= 0
}

// pixelTarget reads the sealed link if there is a good one, else the plain offer. A
// sealed link of another network, or one that was changed, counts as none: where one is
// required that is refused.
func (r *request) pixelTarget() pixelTarget {
	if link := r.params.Get(params.Encrypted); len(link) > 0 {
		network, offer, goal, err := seal.OpenLink(r.server.keys.Load(), string(link))
		if err == nil && network == r.network.Name {
			return pixelTarget{named: true, offer: r.network.Offer(offer), sealed: true, goal: goal}
		}
	}
	id := r.params.Get(params.Offer)
	if len(id) == 0 {
		return pixelTarget{}
	}
	return pixelTarget{named: true, offer: r.network.Offer(view(id))}
}

// fill copies the parameters into the entry, but for those that a check parses.
func (c *postbackCheck) fill() {
	p, e := &c.request.params, c.entry
	e.Params = make([]journal.Param, 0, len(p.Raw))
	for _, raw := range p.Raw {
		e.Params = append(e.Params, journal.Param{Name: copied(raw.Name), Value: copied(raw.Value)})
	}
	e.GoalRaw = copied(clip(goalRaw(p), params.MaxValue))
	e.OrderID, e.OrderIDMissing = orderID(p.Filled(params.OrderID)), p.Blank(params.OrderID)
	e.Currency = copied(clip(p.Get(params.Currency), params.MaxValue))
	for _, x := range params.Extras() {
		if value := p.Get(x.Param); len(value) > 0 && len(value) <= params.MaxValue {
			if e.Extras == nil {
				e.Extras = make(map[string]string)
			}
			e.Extras[x.Name] = copied(value)
		}
	}
	e.Test = isTest(p.Filled(params.Test))
}

// isTest reports whether a value of test, which is no word for nothing, asks for a test.
func isTest(given []byte) bool {
	return len(given) > 0 && !bytes.EqualFold(given, []byte("no")) && !bytes.EqualFold(given, []byte("off"))
}

// orderID copies an order id. It is half of a conversion's key: one that is too long, or
// no text, is replaced by its digest rather than shortened, so that two of them stay two
// and one stays one.
func orderID(given []byte) string {
	if len(given) <= params.MaxValue && utf8.Valid(given) && bytes.IndexByte(given, 0) < 0 {
		return string(given)
	}
	sum := sha256.Sum256(given)
	return "sha256:" + hex.EncodeToString(sum[:])
}
