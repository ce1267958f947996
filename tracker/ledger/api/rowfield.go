package api

import (
	"strconv"

	"github.com/waypost/waypost/api/money"
	"github.com/waypost/waypost/tracker/ledger/query"
)

// rowField is a field of a report's rows, beside its groups.
type rowField struct {
	name string
	// typ is the kind of number: count, amount (may be negative) or ratio.
	typ rowType
	// network reports that the field is between the network and its advertisers.
	network bool
	doc     string
	count   func(r *query.Row) int64
	// unknown reports that a row's count is not known; nil: it always is known.
	unknown func(r *query.Row) bool
	amount  func(r *query.Row) money.Amount
	ratio   func(r *query.Row) query.Ratio
}

// rowType is how a number of a row is read and written.
type rowType int

const (
	isCount rowType = iota
	isAmount
	isRatio
)

// rowFields are the numbers of a row, in the order of columns, then what
// follows from them.
var rowFields = []rowField{
	{name: "clicks", doc: "Clicks; they stand in the rows with goal \"\".", count: func(r *query.Row) int64 { return r.Clicks }},
	{name: "impressions", doc: "Impressions; they stand in the rows with goal \"\".", count: func(r *query.Row) int64 { return r.Impressions }},
	{name: "conversions", doc: "Approved conversions.", count: func(r *query.Row) int64 { return r.Conversions }},
	{name: "pending", doc: "Pending conversions.", count: func(r *query.Row) int64 { return r.Pending }},
	{name: "hold", doc: "Conversions on hold.", count: func(r *query.Row) int64 { return r.Hold }},
	{name: "rejected", doc: "Rejected conversions.", count: func(r *query.Row) int64 { return r.Rejected }},
	{name: "payout", typ: isAmount, doc: "What the partner gets: for approved conversions, clicks (CPC) and impressions (CPM).",
		amount: func(r *query.Row) money.Amount { return r.Payout }},
	{name: "revenue", typ: isAmount, network: true, doc: "What the advertiser pays for the same.", amount: func(r *query.Row) money.Amount { return r.Revenue }},
	{name: "profit", typ: isAmount, network: true, doc: "Revenue without payout.", amount: func(r *query.Row) money.Amount { return r.Profit }},
	{name: "uniqueClicks", doc: "Clicks that were the visitor's first on this offer of this partner on a UTC day.", count: func(r *query.Row) int64 { return r.UniqueClicks }},
	{name: "goalClicks", doc: "Goals that are recorded as clicks; null, as not known, by source, sub id, country and device.",
		count: func(r *query.Row) int64 { return r.GoalClicks }, unknown: func(r *query.Row) bool { return r.NoGoalClicks }},
	{name: "cr", typ: isRatio, doc: "Conversions of a hundred clicks, of all rows that differ from this one in goal and status only; null without clicks.",
		ratio: func(r *query.Row) query.Ratio { return r.CR }},
	{name: "epc", typ: isRatio, doc: "Payout by click, of the same clicks as cr; null without clicks.", ratio: func(r *query.Row) query.Ratio { return r.EPC }},
	{name: "epm", typ: isRatio, doc: "Payout by a thousand impressions, as epc.", ratio: func(r *query.Row) query.Ratio { return r.EPM }},
}

// fieldsFor are the fields of answers to a partner, or to the network.
func fieldsFor(partner bool) []rowField {
	var list []rowField
	for _, f := range rowFields {
		if !partner || !f.network {
			list = append(list, f)
		}
	}
	return list
}

// appendJSON appends the field's value.
func (f *rowField) appendJSON(dst []byte, r *query.Row) []byte {
	switch f.typ {
	case isCount:
		if f.unknown != nil && f.unknown(r) {
			return append(dst, "null"...)
		}
		return strconv.AppendInt(dst, f.count(r), 10)
	case isRatio:
		if x := f.ratio(r); x.OK {
			return append(x.Value.Append(append(dst, '"')), '"')
		}
		return append(dst, "null"...)
	}
	return append(f.amount(r).Append(append(dst, '"')), '"')
}

// csv is the field's value as text.
func (f *rowField) csv(r *query.Row) string {
	switch f.typ {
	case isCount:
		if f.unknown != nil && f.unknown(r) {
			return ""
		}
		return strconv.FormatInt(f.count(r), 10)
	case isRatio:
		return f.ratio(r).String()
	}
	return f.amount(r).String()
}
