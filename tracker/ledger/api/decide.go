package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"unicode/utf8"

	"github.com/waypost/waypost/tracker/ledger/moderation"
	"github.com/waypost/waypost/tracker/ledger/query"
)

// decisionBody is what a decision holds beside its path. It may be left out.
type decisionBody struct {
	// Note is internal: it stands in the conversion's history and, of a rejected one, in
	// its reason, for moderators alone.
	Note string `json:"note,omitempty"`
	// Reason is another name of Note.
	Reason string `json:"reason,omitempty"`
	// PartnerReason is what the partner reads.
	PartnerReason string `json:"partnerReason,omitempty"`
}

// decidedAnswer is what became of many decisions.
type decidedAnswer struct {
	Items []query.Conversion `json:"items"`
	// Refused are the reason codes of those that the books did not allow, by id.
	Refused map[string]string `json:"refused"`
	Next    string            `json:"next"`
	DryRun  bool              `json:"dryRun"`
}

// maxBody is the largest body of a decision, in bytes; two texts of maxText fit many times.
const maxBody = 64 << 10

// decision returns the decision of the body, with the caller as its actor. Here an empty
// parameter is an error, unlike in lists: an empty filter would decide about everything.
func (c *call) decision(act moderation.Act) (*moderation.Decision, error) {
	if c.scope.PartnerOnly {
		return nil, errChange
	}
	for name, values := range c.r.URL.Query() {
		if values[0] == "" {
			return nil, badParameter("%s is empty: give a value, or leave it out", name)
		}
	}
	data, err := io.ReadAll(http.MaxBytesReader(c.w, c.r.Body, maxBody))
	if err != nil {
		return nil, problemf(http.StatusRequestEntityTooLarge, "bad_body", "the body is larger than %d bytes, or did not arrive", maxBody)
	}
	var body decisionBody
	if len(bytes.TrimSpace(data)) > 0 {
		decoder := json.NewDecoder(bytes.NewReader(data))
		decoder.DisallowUnknownFields()
		if err := errors.Join(decoder.Decode(&body), atEnd(decoder)); err != nil {
			return nil, problemf(http.StatusBadRequest, "bad_body", `the body is not JSON such as {"note":"checked","partnerReason":"returned"}: %v`, err)
		}
	}
	if body.Note != "" && body.Reason != "" {
		return nil, problemf(http.StatusBadRequest, "bad_body", "note and reason are the same: give one of them")
	}
	x := &moderation.Decision{Act: act, Note: body.Note + body.Reason, PartnerReason: body.PartnerReason, Actor: c.caller.Name, Seen: chosen[query.Status](c.args, "status")}
	for _, text := range []string{x.Note, x.PartnerReason} {
		if len(text) > maxText || !utf8.ValidString(text) {
			return nil, problemf(http.StatusBadRequest, "bad_body", "a text of the decision is longer than %d bytes", maxText)
		}
	}
	return x, nil
}

// atEnd returns an error if anything follows the object that was decoded.
func atEnd(d *json.Decoder) error {
	if d.More() {
		return errors.New("something follows the object")
	}
	return nil
}

// decide carries out an act on one conversion, and answers with it as it is afterwards.
func (a *service) decide(c *call, act moderation.Act) error {
	x, err := c.decision(act)
	if err != nil {
		return err
	}
	answer, err := a.Moderator.Decide(c.r.Context(), c.scope, c.text("id"), x)
	if err != nil {
		return err
	}
	return c.write(answer)
}

// decideAll carries out an act on a page of the conversions that the parameters select, or
// with dryRun answers what it would do. One that the books refuse stops none of the others.
func (a *service) decideAll(c *call, act moderation.Act) error {
	x, err := c.decision(act)
	if err != nil {
		return err
	}
	if !c.filtered() {
		return problemf(http.StatusBadRequest, "filter_required", "select conversions: give a parameter besides network, limit, cursor and dryRun; "+
			"final statuses need another one beside them")
	}
	span, err := a.span(c)
	if err != nil {
		return err
	}
	do := a.Moderator.DecideAll
	if c.on("dryRun") {
		do = a.Moderator.Preview
	}
	out, err := do(c.r.Context(), c.scope, c.conversionFilter(span), c.page(), x)
	if err != nil {
		return err
	}
	return c.write(decidedAnswer{Items: out.Items, Refused: out.Refused, Next: out.Next, DryRun: c.on("dryRun")})
}

// filtered reports whether a parameter narrows down what is decided. The network is
// where the caller has the right to decide, and a final status is most of the books.
func (c *call) filtered() bool {
	for name := range c.r.URL.Query() {
		switch name {
		case "network", "limit", "cursor", "dryRun":
		case "status":
			if !slices.Contains(c.choices[name], string(query.Approved)) && !slices.Contains(c.choices[name], string(query.Rejected)) {
				return true
			}
		default:
			return true
		}
	}
	return false
}
