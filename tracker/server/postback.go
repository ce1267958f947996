package server

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"unicode/utf8"

	"github.com/waypost/waypost/api/money"
	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/tracker/journal"
	"github.com/waypost/waypost/tracker/live"
	"github.com/waypost/waypost/tracker/server/params"
)

// report is a postback or pixel on its way through the checks. It is made anew
// for each, and nothing in it points into the request: the journal may still
// hold the entry when the request has been answered.
type report struct {
	v     *visit
	entry *journal.Postback
	// bodyBroken says that there is a body and it cannot be read.
	bodyBroken bool
	// pixel are offer and goal that a pixel names, plainly or sealed.
	pixel pixelTarget

	// What the checks find.
	offer      *live.Offer
	partner    *live.Partner
	advertiser *live.Advertiser // nil if it does not exist
	goal       *live.Goal       // nil if there is no such one
	// noSession says that the postback names offer and partner instead of a click.
	noSession bool
}

// servePostback takes an advertiser's server-to-server call.
func (v *visit) servePostback() {
	r := v.newReport(journal.ViaServer)
	r.bodyBroken = !v.readBody()
	if key, ok := bearer(v.ctx.Request.Header.Peek("Authorization")); ok {
		v.params.AddKey(key)
	}
	r.fill()
	r.check()
	v.answer(r)
}

// bearer takes the key out of an Authorization header.
func bearer(authorization []byte) ([]byte, bool) {
	scheme, key, ok := bytes.Cut(authorization, []byte(" "))
	return bytes.TrimSpace(key), ok && bytes.EqualFold(scheme, []byte("Bearer"))
}

// readBody adds the parameters of a form or a JSON object to those of the query;
// false if there is a body and it is neither.
func (v *visit) readBody() bool {
	body := v.ctx.Request.Body()
	if len(body) == 0 || !v.ctx.IsPost() {
		return true
	}
	h := &v.ctx.Request.Header
	switch kind := h.ContentType(); {
	case len(h.ContentEncoding()) > 0:
		return false
	case bytes.HasPrefix(kind, []byte("multipart/")):
		return v.params.ScanMultipart(v.route.names, kind, body) == nil
	case bytes.Contains(kind, []byte("json")), bytes.HasPrefix(bytes.TrimLeft(body, " \t\r\n"), []byte("{")):
		return v.params.ScanJSON(v.route.names, body) == nil
	}
	v.params.ScanQuery(v.route.names, body)
	return true
}

func (v *visit) newReport(via journal.Via) *report {
	return &report{v: v, entry: &journal.Postback{
		At: v.now.UnixMicro(), Network: v.network.Name, Config: v.index.Digest, Via: via, SourceIP: v.client.String(),
		UserAgent: copied(clip(v.ctx.Request.Header.UserAgent(), maxUserAgent)),
	}}
}

// fill copies the parameters into the entry.
func (r *report) fill() {
	p, e := &r.v.params, r.entry
	e.Params = make([]journal.Param, 0, len(p.Raw))
	for _, raw := range p.Raw {
		e.Params = append(e.Params, journal.Param{Name: copied(raw.Name), Value: copied(raw.Value)})
	}
	e.GoalRaw = copied(clip(r.goalRaw(), params.MaxValue))
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

// amount reads the sale amount; an empty one counts as not given.
func (r *report) amount() bool {
	given := r.v.params.Get(params.Amount)
	if len(given) == 0 {
		return true
	}
	amount, err := money.ParseSale(string(given))
	if err != nil {
		return false
	}
	r.entry.Amount = &amount
	return true
}

// statuses are the words and numbers of docs/integrate.md; case is ignored.
var statuses = map[string]snapshot.ConversionStatus{
	"approved": snapshot.StatusApproved, "1": snapshot.StatusApproved,
	"pending": snapshot.StatusPending, "2": snapshot.StatusPending,
	"rejected": snapshot.StatusRejected, "declined": snapshot.StatusRejected, "3": snapshot.StatusRejected,
	"hold": snapshot.StatusHold, "5": snapshot.StatusHold,
}

// status reads the status; an empty one counts as not given.
func (r *report) status() bool {
	given := r.v.params.Get(params.Status)
	if len(given) == 0 {
		return true
	}
	status, ok := statuses[string(bytes.ToLower(given))]
	r.entry.Status = status
	return ok
}

// orderID copies an order id. It is half of a conversion's key: one that is too
// long, or no text, is replaced by its digest rather than shortened, so that two
// of them stay two and one stays one.
func orderID(given []byte) string {
	if len(given) <= params.MaxValue && utf8.Valid(given) && bytes.IndexByte(given, 0) < 0 {
		return string(given)
	}
	sum := sha256.Sum256(given)
	return "sha256:" + hex.EncodeToString(sum[:])
}
