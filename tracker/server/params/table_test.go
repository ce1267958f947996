package params_test

import (
	"testing"

	"github.com/waypost/waypost/tracker/server/params"
)

// Each row of the tables in docs/integrate.md, in every dialect's table.
func TestNames(t *testing.T) {
	clicks, cake, impressions := params.Clicks(), params.CakeClicks(), params.Impressions()
	postbacks, goals := params.Postbacks(), params.GoalPostbacks()
	traffic := []*params.Table{clicks, cake, impressions}
	reports := []*params.Table{postbacks, goals}
	all := []*params.Table{clicks, cake, impressions, postbacks, goals}
	tests := []struct {
		names  []string
		param  params.Param
		tables []*params.Table
	}{
		{[]string{"offer", "offer_id", "oid"}, params.Offer, all},
		{[]string{"c"}, params.Offer, []*params.Table{cake}},
		{[]string{"partner", "pid", "aff_id", "affiliate_id", "aid"}, params.Partner, all},
		{[]string{"id"}, params.Partner, []*params.Table{impressions}},
		{[]string{"a"}, params.Partner, []*params.Table{cake}},
		{[]string{"sub1", "aff_sub", "aff_sub1", "s1"}, params.Sub1, traffic},
		{[]string{"sub2", "aff_sub2", "s2"}, params.Sub2, traffic},
		{[]string{"sub3", "aff_sub3", "s3"}, params.Sub3, traffic},
		{[]string{"sub4", "aff_sub4", "s4"}, params.Sub4, traffic},
		{[]string{"sub5", "aff_sub5", "s5"}, params.Sub5, traffic},
		{[]string{"sub6"}, params.Sub6, traffic},
		{[]string{"sub7"}, params.Sub7, traffic},
		{[]string{"sub8"}, params.Sub8, traffic},
		{[]string{"sub9"}, params.Sub9, traffic},
		{[]string{"sub10"}, params.Sub10, traffic},
		{[]string{"ref", "aff_click_id", "ref_id"}, params.Ref, traffic},
		{[]string{"imp_id"}, params.ImpID, traffic},
		{[]string{"source"}, params.Source, traffic},
		{[]string{"redirect", "url"}, params.Redirect, traffic},
		{[]string{"aimp_id"}, params.AimpID, all},
		{
			[]string{"clickid", "click_id", "transaction_id", "tracking", "tid", "cid", "reqid", "passthrough1"},
			params.ClickID, reports,
		},
		{[]string{"goal"}, params.Goal, reports},
		{[]string{"goal_id"}, params.GoalID, reports},
		{[]string{"goal_name"}, params.GoalName, reports},
		{[]string{"goal_ref"}, params.GoalRef, reports},
		{[]string{"amount", "sum"}, params.Amount, reports},
		{[]string{"action_id", "order_id", "txid", "conversion_unique_id"}, params.OrderID, reports},
		{[]string{"status"}, params.Status, reports},
		{[]string{"currency"}, params.Currency, reports},
		{[]string{"comment"}, params.Comment, reports},
		{[]string{"promo_code"}, params.PromoCode, reports},
		{[]string{"adv_sub", "adv_sub1"}, params.AdvSub1, reports},
		{[]string{"adv_sub5"}, params.AdvSub5, reports},
		{[]string{"custom_field1"}, params.Custom1, reports},
		{[]string{"custom_field15"}, params.Custom15, reports},
		{[]string{"test"}, params.Test, reports},
		{[]string{"encrypted"}, params.Encrypted, reports},
		{[]string{"a"}, params.Action, []*params.Table{goals}},
	}
	for _, tt := range tests {
		for _, name := range tt.names {
			for i, table := range all {
				var s params.Set
				s.ScanQuery(table, []byte("x=y&"+name+"=value&z"))
				want := ""
				for _, with := range tt.tables {
					if with == table {
						want = "value"
					}
				}
				if got := string(s.Get(tt.param)); got != want {
					t.Errorf("table %d, %s=value: parameter %d is %q, want %q", i, name, tt.param, got, want)
				}
			}
		}
	}
}

func TestExtrasHaveTheirOwnNames(t *testing.T) {
	table := params.Postbacks()
	if n := len(params.Extras()); n != 2+params.AdvSubs+params.CustomFields {
		t.Fatalf("%d extras", n)
	}
	for _, e := range params.Extras() {
		var s params.Set
		s.ScanQuery(table, []byte(e.Name+"=v"))
		if got := string(s.Get(e.Param)); got != "v" {
			t.Errorf("%s=v gives %q under its own parameter", e.Name, got)
		}
	}
}
