package query

import (
	"errors"
	"slices"
	"time"
)

// MaxRows is how many rows a report may have.
const MaxRows = 200_000

// ErrTooManyRows reports that a report has more than MaxRows rows.
var ErrTooManyRows = errors.New("the report has too many rows: ask for a shorter time, fewer groups or more filters")

// ReportRequest is the numbers that are asked for.
type ReportRequest struct {
	// Groups are what rows are grouped by, in the order of the columns.
	Groups []Group
	// From counts, To does not; nil is open.
	From, To *Bound
	// Zone is the time zone of hours, days and months; nil is each network's own.
	Zone *time.Location
	ReportFilter
}

// ReportFilter selects what is counted. Empty fields select everything.
type ReportFilter struct {
	Offer, Advertiser       string // object names
	Goal, GoalName          string // value and slug, case ignored
	Currency                string
	Source, Country, Device string
	Subs                    [10]string
	// Statuses restrict the report to conversions of these statuses; clicks and
	// impressions have none.
	Statuses []Status
}

// Bound is a moment, or the beginning of a day in whichever time zone the days are
// counted in.
type Bound struct {
	Moment time.Time
	// Date reports that only year, month and day of Moment count.
	Date bool
}

// In is the moment in a time zone.
func (b *Bound) In(loc *time.Location) time.Time {
	if b.Date {
		return dayStart(b.Moment.Year(), b.Moment.Month(), b.Moment.Day(), loc)
	}
	return b.Moment
}

// fromRows reports whether only the rows of clicks, impressions and conversions
// have the answer.
func (r *ReportRequest) fromRows() bool {
	f := &r.ReportFilter
	return f.Source != "" || f.Country != "" || f.Device != "" || f.Subs != [10]string{} || slices.ContainsFunc(r.Groups, Group.inRows)
}

// bySubs reports whether the answer depends on sub ids.
func (r *ReportRequest) bySubs() bool {
	return r.Subs != [10]string{} || slices.ContainsFunc(r.Groups, func(g Group) bool { return g.sub() > 0 })
}

// cells puts the conditions that cells can answer on the table cells as k.
func (f *ReportFilter) cells(w *where) {
	w.equal("k.offer", f.Offer)
	w.equal("k.advertiser", f.Advertiser)
	w.equal("k.currency", f.Currency)
	w.fold("k.goal", f.Goal)
	if f.GoalName != "" {
		inner := &where{}
		inner.fold("g.slug", f.GoalName)
		w.add("EXISTS (SELECT 1 FROM goals g WHERE g.network = k.network AND g.offer = k.offer AND g.goal = k.goal AND "+inner.parts[0]+")", inner.args...)
	}
}

// rows puts the conditions that only rows can answer on rows as v.
func (f *ReportFilter) rows(b *Books, w *where) {
	w.equal("v.source", f.Source)
	w.equal("v.country", f.Country)
	w.equal("v.device", f.Device)
	for i, sub := range f.Subs {
		if sub != "" {
			w.add(b.subColumn("v.subs", i+1)+" = ?", sub)
		}
	}
}
