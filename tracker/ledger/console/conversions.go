package console

import (
	"fmt"
	"net/http"
	"slices"

	"github.com/waypost/waypost/tracker/ledger/moderation"
	"github.com/waypost/waypost/tracker/ledger/query"
)

type conversionsPage struct {
	view
	Statuses []query.Status
	List     query.List[query.Conversion]
	// Back is where a decision leads back to.
	Back string
}

func (c *console) conversions(v *visit) error {
	page := conversionsPage{view: v.view("conversions"), Statuses: query.Statuses[:], Back: v.r.URL.RequestURI()}
	f := page.Form
	list, err := c.Books.Conversions(v.r.Context(), v.narrowed(f), query.ConversionFilter{
		Span: v.span(f), Statuses: one(f, "status", page.Statuses), Offer: f.Get("offer"), Goal: f.Get("goal"), OrderID: f.Get("order"), ClickID: f.Get("click"),
		Reason: f.Get("reason"),
	}, f.page())
	if err != nil {
		return err
	}
	page.List = list
	c.show(v.w, http.StatusOK, "conversions", page)
	return nil
}

// decidePage asks before a decision, or shows what became of it.
type decidePage struct {
	view
	Act    moderation.Act
	Back   string
	Items  []query.Conversion
	Totals []moderation.Total
	// Same counts the ticked conversions that the decision would not change.
	Same int
	// Refused are the refusals by id.
	Refused map[string]*moderation.RefusedError
	// Missing are the ids that no conversion in the scope has.
	Missing []string
}

// Decided counts what was not refused.
func (p *decidePage) Decided() int { return len(p.Items) - len(p.Refused) }

// decide asks about the conversions that were ticked. The page that asks names them by
// the status that it shows, and only that decides, about these statuses.
func (c *console) decide(v *visit) error {
	v.r.Body = http.MaxBytesReader(v.w, v.r.Body, 256<<10)
	if err := v.r.ParseForm(); err != nil {
		return fmt.Errorf("%w: %w", errBadForm, err)
	}
	f := form{v.r.PostForm}
	act, ids := moderation.Act(f.Get("decision")), f.values["id"]
	if len(ids) > perPage || !slices.Contains([]moderation.Act{moderation.Approve, moderation.Reject, moderation.Release}, act) {
		return errBadForm
	}
	page := decidePage{view: v.view("conversions"), Act: act, Back: local(f.values.Get("back")), Refused: map[string]*moderation.RefusedError{}}
	if len(ids) > 0 {
		return c.ask(v, page, ids)
	}
	for _, status := range query.Statuses {
		if err := c.decideSeen(v, &page, f, status); err != nil {
			return err
		}
	}
	if len(page.Items)+len(page.Missing) == 0 {
		http.Redirect(v.w, v.r, page.Back, http.StatusSeeOther)
		return nil
	}
	c.show(v.w, http.StatusOK, "decided", &page)
	return nil
}

// ask shows what a decision changes, and its money.
func (c *console) ask(v *visit, page decidePage, ids []string) error {
	list, err := c.Books.Conversions(v.r.Context(), v.scope, query.ConversionFilter{IDs: ids}, query.Page{Limit: perPage})
	if err != nil {
		return err
	}
	x := moderation.Decision{Act: page.Act}
	page.Items = slices.DeleteFunc(list.Items, func(item query.Conversion) bool { return !x.Changes(&item) })
	page.Same = len(list.Items) - len(page.Items)
	if page.Totals, err = moderation.Totals(page.Items); err != nil {
		return err
	}
	c.show(v.w, http.StatusOK, "decide", &page)
	return nil
}

// decideSeen decides about the conversions that were shown with a status.
func (c *console) decideSeen(v *visit, page *decidePage, f form, status query.Status) error {
	ids := f.values[string(status)]
	if len(ids) == 0 {
		return nil
	}
	if len(ids) > perPage {
		return errBadForm
	}
	x := &moderation.Decision{Act: page.Act, Note: f.Get("note"), PartnerReason: f.Get("partnerReason"), Actor: v.caller.Name, Seen: []query.Status{status}}
	out, err := c.Moderator.DecideAll(v.r.Context(), v.scope, query.ConversionFilter{IDs: ids, Statuses: query.Statuses[:]}, query.Page{Limit: perPage}, x)
	if err != nil {
		return err
	}
	page.Items = append(page.Items, out.Items...)
	for _, id := range ids {
		if !slices.ContainsFunc(out.Items, func(c query.Conversion) bool { return c.ID == id }) {
			page.Missing = append(page.Missing, id)
		}
	}
	for id, reason := range out.Refused {
		page.Refused[id] = &moderation.RefusedError{Reason: reason}
	}
	return nil
}

type conversionPage struct {
	view
	C    query.Conversion
	Subs []string
}

func (c *console) conversion(v *visit) error {
	x, err := c.Books.Conversion(v.r.Context(), v.scope, v.r.PathValue("id"))
	if err != nil {
		return err
	}
	c.show(v.w, http.StatusOK, "conversion", conversionPage{view: v.view("conversions"), C: x, Subs: subs(&x.Subs)})
	return nil
}

// subs are the sub ids that are there, each with its name.
func subs(s *query.Subs) []string {
	var out []string
	for i, value := range []string{s.Sub1, s.Sub2, s.Sub3, s.Sub4, s.Sub5, s.Sub6, s.Sub7, s.Sub8, s.Sub9, s.Sub10} {
		if value != "" {
			out = append(out, fmt.Sprintf("sub%d = %s", i+1, value))
		}
	}
	return out
}

type clickPage struct {
	view
	C    query.Click
	Subs []string
}

func (c *console) click(v *visit) error {
	x, err := c.Books.Click(v.r.Context(), v.scope, v.r.PathValue("id"))
	if err != nil {
		return err
	}
	c.show(v.w, http.StatusOK, "click", clickPage{view: v.view("conversions"), C: x, Subs: subs(&x.Subs)})
	return nil
}
