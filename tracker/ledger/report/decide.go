package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"unicode/utf8"

	"github.com/waypost/waypost/tracker/ledger/report/books"
	"github.com/waypost/waypost/tracker/ledger/report/moderation"
)

// decisionBody is what a decision says beside its path. It may be left out.
type decisionBody struct {
	// Reason stands in the conversion's history and, of a rejected one, in its reason.
	Reason string `json:"reason,omitempty"`
}

// decidedAnswer is what became of many decisions.
type decidedAnswer struct {
	Items []books.Conversion `json:"items"`
	// Refused are the reason codes of those that the books did not allow, by id.
	Refused map[string]string `json:"refused"`
	Next    string            `json:"next"`
}

const maxBody = 64 << 10

// decision reads the body and says who decides.
func (c *call) decision(status books.Status) (moderation.Decision, error) {
	x := moderation.Decision{Status: status, Actor: c.caller.Name}
	if c.scope.PartnerOnly {
		return x, errChange
	}
	data, err := io.ReadAll(http.MaxBytesReader(c.w, c.r.Body, maxBody))
	if err != nil {
		return x, problemf(http.StatusRequestEntityTooLarge, "bad_body", "the body is larger than %d bytes, or did not arrive", maxBody)
	}
	if len(bytes.TrimSpace(data)) == 0 {
		return x, nil
	}
	var body decisionBody
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := errors.Join(decoder.Decode(&body), atEnd(decoder)); err != nil {
		return x, problemf(http.StatusBadRequest, "bad_body", `the body is not JSON such as {"reason":"checked"}: %v`, err)
	}
	if len(body.Reason) > maxText || !utf8.ValidString(body.Reason) {
		return x, problemf(http.StatusBadRequest, "bad_body", "the reason is longer than %d bytes", maxText)
	}
	x.Reason = body.Reason
	return x, nil
}

func atEnd(d *json.Decoder) error {
	if d.More() {
		return errors.New("something follows the object")
	}
	return nil
}

func (a *api) decide(c *call, status books.Status) error {
	x, err := c.decision(status)
	if err != nil {
		return err
	}
	answer, err := a.Desk.Decide(c.r.Context(), c.scope, c.text("id"), x)
	if err != nil {
		return err
	}
	return c.write(answer)
}

func (a *api) decideAll(c *call, status books.Status) error {
	x, err := c.decision(status)
	if err != nil {
		return err
	}
	if !c.filtered() {
		return problemf(http.StatusBadRequest, "filter_required", "say which conversions: give at least one parameter besides limit and cursor")
	}
	span, err := a.span(c)
	if err != nil {
		return err
	}
	out, err := a.Desk.DecideAll(c.r.Context(), c.scope, c.conversionFilter(span), c.page(), x)
	if err != nil {
		return err
	}
	return c.write(decidedAnswer{Items: out.Items, Refused: out.Refused, Next: out.Next})
}

// filtered reports whether any parameter selects something.
func (c *call) filtered() bool {
	texts := len(c.texts)
	if c.text("cursor") != "" {
		texts--
	}
	return texts+len(c.choices)+len(c.bounds) > 0
}
