package params

import (
	"strconv"
	"strings"
)

// Limits on the size of a value, in bytes after decoding. A longer one is left
// out and Set.Overflow set; 0 is no limit of its own, the request's holds.
const (
	MaxValue    = 500
	MaxRedirect = 2048
)

// Table maps names to parameters. Tables are immutable.
type Table struct {
	names map[string]name
	// verbatim are the parameters whose blanks belong to them: sub ids and the like,
	// which go back as they came.
	verbatim [count]bool
	// limits are by parameter; postback tables have none, because leaving out an
	// amount or an order id would change what is paid.
	limits [count]int
}

// name is what a table holds of one name. The id differs between names of one
// parameter: see Set.put.
type name struct {
	param Param
	id    uint8
}

// row is a row of the tables in docs/integrate.md: a parameter and its synonyms.
type row struct {
	param Param
	names string // separated by spaces
}

// offerAndPartner, traffic and postback are the rows of the pages that integrators read, in
// their order. A name is in one row of a table only.
var offerAndPartner = []row{
	{Offer, "offer offer_id oid"},
	{Partner, "partner pid aff_id affiliate_id aid"},
}

var traffic = append([]row{
	{Sub1, "sub1 aff_sub aff_sub1 s1"}, {Sub2, "sub2 aff_sub2 s2"}, {Sub3, "sub3 aff_sub3 s3"},
	{Sub4, "sub4 aff_sub4 s4"}, {Sub5, "sub5 aff_sub5 s5"},
	{Sub6, "sub6"}, {Sub7, "sub7"}, {Sub8, "sub8"}, {Sub9, "sub9"}, {Sub10, "sub10"},
	{Ref, "ref aff_click_id ref_id"},
	{ImpID, "imp_id"},
	{AimpID, "aimp_id"},
	{Source, "source"},
	{Redirect, "redirect url"},
}, offerAndPartner...)

var postback = append([]row{
	{ClickID, "clickid click_id transaction_id tracking tid cid reqid passthrough1"},
	{AimpID, "aimp_id"},
	{Goal, "goal"}, {GoalID, "goal_id"}, {GoalName, "goal_name"}, {GoalRef, "goal_ref"},
	{Amount, "amount sum"},
	{OrderID, "action_id order_id txid conversion_unique_id"},
	{Status, "status"},
	{Key, "api_key secure security_token key"},
	{Currency, "currency"}, {Comment, "comment"}, {PromoCode, "promo_code"},
	{AdvSub1, "adv_sub adv_sub1"}, {AdvSub2, "adv_sub2"}, {AdvSub3, "adv_sub3"}, {AdvSub4, "adv_sub4"}, {AdvSub5, "adv_sub5"},
	{Test, "test"}, {Encrypted, "encrypted"},
}, offerAndPartner...)

// Clicks are the names of the native, the TUNE and the Affise click link.
func Clicks() *Table { return newTable(traffic).ofVisits() }

// CakeClicks adds the names that count on CAKE's path only, where a and c are
// too short to be taken for granted elsewhere.
func CakeClicks() *Table {
	return newTable(traffic, []row{{Offer, "c"}, {Partner, "a"}}).ofVisits()
}

// Impressions are the names of impression pixels and links; id is the partner there.
func Impressions() *Table { return newTable(traffic, []row{{Partner, "id"}}).ofVisits() }

// Postbacks are the names of postbacks and conversion pixels.
func Postbacks() *Table { return newTable(postback, customFields()) }

// GoalPostbacks are those of TUNE's /aff_goal, where a chooses between postback and pixel.
func GoalPostbacks() *Table {
	return newTable(postback, customFields(), []row{{Action, "a"}})
}

func customFields() []row {
	rows := make([]row, 0, CustomFields)
	for i := range CustomFields {
		rows = append(rows, row{Custom1 + Param(i), "custom_field" + strconv.Itoa(i+1)})
	}
	return rows
}

// newTable makes a table of rows.
func newTable(groups ...[]row) *Table {
	t := &Table{names: map[string]name{}}
	for _, rows := range groups {
		for _, r := range rows {
			for _, n := range strings.Fields(r.names) {
				t.names[n] = name{param: r.param, id: uint8(len(t.names))}
			}
		}
	}
	return t
}

// ofVisits makes a table that of clicks and impressions: sub ids, the partner's own ids and
// the source keep their blanks, because the partner gets them back, and values have limits.
func (t *Table) ofVisits() *Table {
	for p := Sub1; p <= ImpID; p++ {
		t.verbatim[p] = true
	}
	t.verbatim[Source] = true
	for p := range t.limits {
		t.limits[p] = MaxValue
	}
	t.limits[Redirect] = MaxRedirect
	return t
}
