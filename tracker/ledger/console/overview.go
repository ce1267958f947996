package console

import (
	"net/http"
	"slices"
	"time"

	"github.com/waypost/waypost/tracker/ledger/report/books"
)

// overviewPage is the numbers of some days.
type overviewPage struct {
	view
	From, To string
	Ranges   []dateRange
	Group    books.Group
	Groups   []books.Group
	Report   *books.Report
	Titles   bool // rows have a goal's title
	Charts   []chart
	// Networks says that rows are of several networks.
	Networks bool
}

// dateRange is a link to often wanted days.
type dateRange struct {
	Name, From, To string
	Current        bool
}

// groupsShown are what the table can be told apart by.
var groupsShown = []books.Group{
	books.ByOffer, books.ByPartner, books.ByGoal, books.ByGoalName, books.ByAdvertiser, books.ByDay, books.ByHour, books.ByMonth,
	books.BySource, books.ByCountry, books.ByDevice, books.BySub(1), books.BySub(2), books.ByStatus, books.ByNetwork,
}

func (c *console) overview(v *visit) error {
	page := overviewPage{view: v.view("overview"), Group: books.ByOffer}
	for _, g := range groupsShown {
		if g != books.ByAdvertiser || !v.scope.PartnerOnly {
			page.Groups = append(page.Groups, g)
		}
	}
	f := page.Form
	if chosen := one(f, "group", page.Groups); chosen != nil {
		page.Group = chosen[0]
	}
	page.days(f, c.Now().In(v.zone))
	request := books.ReportRequest{
		From: form{page.asQuery()}.date("from"), To: form{page.asQuery()}.until("to"),
		ReportFilter: books.ReportFilter{Offer: f.Get("offer"), Goal: f.Get("goal"), Source: f.Get("source"), Country: f.Get("country")},
	}
	scope := v.narrowed(f)
	var err error
	request.Groups = []books.Group{page.Group}
	if page.Report, err = c.Books.Report(v.r.Context(), scope, request); err != nil {
		return err
	}
	request.Groups = []books.Group{books.ByDay}
	daily, err := c.Books.Report(v.r.Context(), scope, request)
	if err != nil {
		return err
	}
	page.Charts = charts(daily, page.From, page.To)
	page.Titles = page.Group == books.ByGoal || page.Group == books.ByGoalName
	page.Networks = page.Group != books.ByNetwork && slices.ContainsFunc(page.Report.Rows, func(r books.Row) bool { return r.Network != page.Report.Rows[0].Network })
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
