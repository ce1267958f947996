package console

import (
	"net/http"
	"slices"
	"time"

	"github.com/waypost/waypost/tracker/ledger/delivery"
	"github.com/waypost/waypost/tracker/ledger/delivery/queue"
	"github.com/waypost/waypost/tracker/ledger/query"
)

// overviewPage is the numbers of some days.
type overviewPage struct {
	view
	From, To string
	Ranges   []dateRange
	Group    query.Group
	Groups   []query.Group
	Report   *query.Report
	Titles   bool // rows have a goal's title
	Charts   []chart
	// Networks reports that rows are of several networks.
	Networks bool
}

// dateRange is a link to often used days.
type dateRange struct {
	Name, From, To string
	Current        bool
}

// groupsShown are what the table can be grouped by.
var groupsShown = []query.Group{
	query.ByOffer, query.ByPartner, query.ByGoal, query.ByGoalName, query.ByAdvertiser, query.ByDay, query.ByHour, query.ByMonth,
	query.BySource, query.ByCountry, query.ByDevice, query.BySub(1), query.BySub(2), query.ByStatus, query.ByNetwork,
}

func (c *console) overview(v *visit) error {
	page := overviewPage{view: v.view("overview"), Group: query.ByOffer}
	for _, g := range groupsShown {
		if g != query.ByAdvertiser || !v.scope.PartnerOnly {
			page.Groups = append(page.Groups, g)
		}
	}
	f := page.Form
	if chosen := one(f, "group", page.Groups); chosen != nil {
		page.Group = chosen[0]
	}
	page.days(f, c.Now().In(v.zone))
	request := query.ReportRequest{
		From: form{page.asQuery()}.date("from"), To: form{page.asQuery()}.until("to"),
		ReportFilter: query.ReportFilter{Offer: f.Get("offer"), Goal: f.Get("goal"), Source: f.Get("source"), Country: f.Get("country")},
	}
	scope := v.narrowed(f)
	var err error
	request.Groups = []query.Group{page.Group}
	if page.Report, err = c.Books.Report(v.r.Context(), scope, request); err != nil {
		return err
	}
	request.Groups = []query.Group{query.ByDay}
	daily, err := c.Books.Report(v.r.Context(), scope, request)
	if err != nil {
		return err
	}
	page.Charts = charts(daily, page.From, page.To)
	page.Titles = page.Group == query.ByGoal || page.Group == query.ByGoalName
	page.Networks = page.Group != query.ByNetwork && slices.ContainsFunc(page.Report.Rows, func(r query.Row) bool { return r.Network != page.Report.Rows[0].Network })
	c.show(v.w, http.StatusOK, "overview", page)
	return nil
}

// days chooses the days to show: those asked for, else the last week.
func (p *overviewPage) days(f form, now time.Time) {
	day := func(ago int) string { return now.AddDate(0, 0, -ago).Format(time.DateOnly) }
	p.From, p.To = day(6), day(0)
	if b := f.date("from"); b != nil {
		p.From = b.Moment.Format(time.DateOnly)
	}
	if b := f.date("to"); b != nil {
		p.To = b.Moment.Format(time.DateOnly)
	}
	p.Ranges = []dateRange{
		{Name: "Today", From: day(0), To: day(0)},
		{Name: "Yesterday", From: day(1), To: day(1)},
		{Name: "7 days", From: day(6), To: day(0)},
		{Name: "30 days", From: day(29), To: day(0)},
		{Name: "This month", From: now.Format("2006-01") + "-01", To: day(0)},
	}
	for i := range p.Ranges {
		r := &p.Ranges[i]
		r.Current = r.From == p.From && r.To == p.To
	}
}

func (p *overviewPage) asQuery() map[string][]string {
	return map[string][]string{"from": {p.From}, "to": {p.To}}
}

// verdicts are those of the log.
var verdicts = []string{"approved", "pending", "hold", "rejected", "refused"}

type postbacksPage struct {
	view
	Verdicts []string
	List     query.List[query.Postback]
}

func (c *console) postbacks(v *visit) error {
	page := postbacksPage{view: v.view("postbacks"), Verdicts: verdicts}
	f := page.Form
	list, err := c.Books.Postbacks(v.r.Context(), v.narrowed(f), query.PostbackFilter{
		Span: v.span(f), Verdicts: one(f, "verdict", verdicts), Reason: f.Get("reason"), Offer: f.Get("offer"), Goal: f.Get("goal"),
		ClickID: f.Get("click"), OrderID: f.Get("order"), Source: f.Get("source"), Conversion: f.Get("conversion"),
	}, f.page())
	if err != nil {
		return err
	}
	page.List = list
	c.show(v.w, http.StatusOK, "postbacks", page)
	return nil
}

type deliveriesPage struct {
	view
	States []delivery.State
	List   query.List[query.Delivery]
	// Suspended are partners' URLs that nothing is sent to.
	Suspended []queue.Target
}

func (c *console) deliveries(v *visit) error {
	page := deliveriesPage{view: v.view("deliveries"), States: query.DeliveryStates[:]}
	f := page.Form
	scope := v.narrowed(f)
	list, err := c.Books.Deliveries(v.r.Context(), scope, query.DeliveryFilter{
		Span: v.span(f), States: one(f, "state", page.States), Offer: f.Get("offer"), Event: f.Get("event"),
	}, f.page())
	if err != nil {
		return err
	}
	page.List = list
	if page.Suspended, err = c.suspended(v, scope); err != nil {
		return err
	}
	if f.count("retried") > 0 {
		page.Note = "It is due again, and will be tried in a moment."
	}
	c.show(v.w, http.StatusOK, "deliveries", page)
	return nil
}

func (c *console) suspended(v *visit, scope query.Scope) ([]queue.Target, error) {
	list, err := c.Queue.Targets(v.r.Context())
	return slices.DeleteFunc(list, func(t queue.Target) bool {
		return t.State != delivery.Suspended || scope.Network != "" && t.Network != scope.Network || scope.Partner != "" && t.Partner != scope.Partner
	}), err
}

// retry looks the delivery up first: the queue has no scopes.
func (c *console) retry(v *visit) error {
	d, err := c.Books.Delivery(v.r.Context(), v.scope, v.r.PathValue("id"))
	if err != nil {
		return err
	}
	if err := c.Queue.Retry(v.r.Context(), d.ID, c.Now()); err != nil {
		return err
	}
	http.Redirect(v.w, v.r, "/deliveries?retried=1", http.StatusSeeOther)
	return nil
}

func (c *console) resume(v *visit) error {
	list, err := c.suspended(v, v.scope)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(list, func(t queue.Target) bool { return t.ID == v.r.PathValue("id") })
	if i < 0 {
		return queue.ErrNotFound
	}
	if err := c.Queue.Resume(v.r.Context(), list[i].ID, c.Now()); err != nil {
		return err
	}
	http.Redirect(v.w, v.r, "/deliveries?retried=1", http.StatusSeeOther)
	return nil
}
