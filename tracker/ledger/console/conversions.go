package console

import (
	"fmt"
	"net/http"
	"net/url"

	"github.com/waypost/waypost/tracker/ledger/report/books"
	"github.com/waypost/waypost/tracker/ledger/report/moderation"
)

type conversionsPage struct {
	view
	Statuses []books.Status
	List     books.List[books.Conversion]
	// Back is where a decision leads back to.
	Back string
}

func (c *console) conversions(v *visit) error {
	page := conversionsPage{view: v.view("conversions"), Statuses: books.Statuses[:], Back: v.r.URL.RequestURI()}
	f := page.Form
	list, err := c.Books.Conversions(v.r.Context(), v.narrowed(f), books.ConversionFilter{
		Span: v.span(f), Statuses: one(f, "status", page.Statuses), Offer: f.Get("offer"), Goal: f.Get("goal"), OrderID: f.Get("order"), ClickID: f.Get("click"),
		Reason: f.Get("reason"),
	}, f.page())
	if err != nil {
		return err
	}
	page.List = list
	if n, refused := f.count("decided"), f.count("refused"); n+refused > 0 {
		page.Note = fmt.Sprintf("%s decided.", plural(n, "conversion"))
		if refused > 0 {
			page.Note += fmt.Sprintf(" %s not possible: another conversion has taken the place, or a cap is full.", plural(refused, "decision"))
		}
	}
	c.show(v.w, http.StatusOK, "conversions", page)
	return nil
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// decide approves or rejects the conversions that were ticked.
func (c *console) decide(v *visit) error {
	v.r.Body = http.MaxBytesReader(v.w, v.r.Body, 256<<10)
	if err := v.r.ParseForm(); err != nil {
		return fmt.Errorf("%w: %w", errBadForm, err)
	}
	status, ok := map[string]books.Status{"approve": books.Approved, "reject": books.Rejected}[v.r.PostForm.Get("decision")]
	ids := v.r.PostForm["id"]
	if !ok || len(ids) > perPage {
		return errBadForm
	}
	back, err := url.Parse(local(v.r.PostForm.Get("back")))
	if err != nil {
		return fmt.Errorf("%w: %w", errBadForm, err)
	}
	query := back.Query()
	query.Del("decided")
	query.Del("refused")
	if len(ids) > 0 {
		x := moderation.Decision{Status: status, Reason: form{v.r.PostForm}.Get("reason"), Actor: v.caller.Name}
		out, err := c.Desk.DecideAll(v.r.Context(), v.scope, books.ConversionFilter{IDs: ids, Statuses: books.Statuses[:]}, books.Page{Limit: perPage}, x)
		if err != nil {
			return err
		}
		query.Set("decided", fmt.Sprint(len(out.Items)-len(out.Refused)))
		query.Set("refused", fmt.Sprint(len(out.Refused)))
	}
	back.RawQuery = query.Encode()
	http.Redirect(v.w, v.r, back.String(), http.StatusSeeOther)
	return nil
}

type conversionPage struct {
	view
	C    books.Conversion
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
func subs(s *books.Subs) []string {
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
	C    books.Click
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
