package server_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The contract is docs/rules.md and docs/integrate.md; these are the rows of their tables.
const (
	contractPaths = `/click /aff_c /? /impression /imp /aff_i /postback /aff_lsr /aff_goal?a=lsr /aff_goal?a=l
		/pixel.gif /pixel.html /aff_l /click.gif`
	contractNames = `offer offer_id oid c partner pid aff_id affiliate_id aid id a
		sub1 sub2 sub3 sub4 sub5 sub6 sub7 sub8 sub9 sub10 aff_sub aff_sub1 aff_sub2 aff_sub3 aff_sub4 aff_sub5 s1 s2 s3 s4 s5
		ref aff_click_id ref_id imp_id source redirect url aimp_id
		clickid click_id transaction_id tracking tid cid reqid passthrough1
		goal goal_id goal_name goal_ref amount sum action_id order_id txid conversion_unique_id status
		api_key secure security_token key currency comment promo_code adv_sub adv_sub1 adv_sub2 adv_sub3 adv_sub4 adv_sub5
		custom_field1 custom_field2 custom_field3 custom_field4 custom_field5 custom_field6 custom_field7 custom_field8
		custom_field9 custom_field10 custom_field11 custom_field12 custom_field13 custom_field14 custom_field15 test encrypted`
	contractReasons = `unknown_offer unknown_partner offer_inactive partner_inactive advertiser_inactive partner_not_approved
		partner_blocked cap_reached bad_request impressions_disabled
		unexpanded_macro bad_amount bad_status missing_click_id bad_click_id bad_key source_denied view_through_disabled
		goals_disabled goal_deleted unknown_goal wrong_protocol encryption_required`
	// Reasons that depend on earlier events: the ledger says them, the tracker
	// answers with them.
	contractRejections = `cap_reached too_late too_soon partner_inactive rejected_by_advertiser offer_inactive currency_mismatch`
	contractRefusals   = `duplicate session_closed status_final`
	contractMacros     = `{clickid} {click_id} {transaction_id} {tracker} <TRACKER> {offer_id} {offer_name} {offer_ref}
		{partner_id} {affiliate_id} {pid} {advertiser_id} {sub1} {sub2} {sub3} {sub4} {sub5} {sub6} {sub7} {sub8} {sub9} {sub10}
		{aff_sub} {aff_sub2} {aff_sub3} {aff_sub4} {aff_sub5} {source} {ref} {impression_id} {aimp_id} {ip} {ua} {country}
		{device} {os} {referrer} {timestamp} {date} {rand} #reqid# #s1# #s2# #s3# #s4# #s5#`
	contractStatuses = `=approved =1 =pending =2 =rejected =declined =3 =hold =5`
)

// Every row and every reason has an example.
func TestExamplesCoverTheContract(t *testing.T) {
	var requests, bodies strings.Builder
	for _, e := range readExamples(t) {
		requests.WriteString(" " + strings.ToLower(e.request[0]) + "&")
		bodies.WriteString("&" + e.body + "&")
	}
	all := requests.String() + bodies.String()
	for _, path := range strings.Fields(contractPaths) {
		if !strings.Contains(requests.String(), " "+path) {
			t.Errorf("no example of the path %s", path)
		}
	}
	for _, name := range strings.Fields(contractNames) {
		if !strings.Contains(all, "?"+name+"=") && !strings.Contains(all, "&"+name+"=") && !strings.Contains(all, `"`+name+`":`) {
			t.Errorf("no example of the parameter %s", name)
		}
	}
	for _, status := range strings.Fields(contractStatuses) {
		if !strings.Contains(all, "&status"+status+"&") {
			t.Errorf("no example of status%s", status)
		}
	}
}

// Every reason has one, too, and every macro stands in the destination of one.
func TestExamplesCoverReasonsAndMacros(t *testing.T) {
	text := examplesText(t)
	for _, reason := range strings.Fields(contractReasons) {
		if !strings.Contains(text, "< Waypost-Reason: "+reason+"\n") && !strings.Contains(text, "reason="+reason) {
			t.Errorf("no example of the reason %s", reason)
		}
	}
	for verdict, reasons := range map[string]string{"rejected": contractRejections, "refused": contractRefusals} {
		for _, reason := range strings.Fields(reasons) {
			answer := `<< {"status":2,"verdict":"` + verdict + `","reason":"` + reason + `"`
			if !strings.Contains(text, answer) {
				t.Errorf("no example of an answer %s", answer)
			}
		}
	}
	for _, m := range strings.Fields(contractMacros) {
		if !strings.Contains(everyMacro, m) {
			t.Errorf("no example of the macro %s", m)
		}
	}
}

func examplesText(t *testing.T) string {
	t.Helper()
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(data)
	}
	return all.String()
}
