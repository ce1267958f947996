package macro

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// The lists of docs/offer.md, docs/partner.md and docs/rules.md, "Macros".
const (
	clickIDSpellings = "{clickid} {click_id} {transaction_id} {tracker} <TRACKER> #reqid#"

	offerList = "{offer_id}=offer_id {offer_name}=offer_name {offer_ref}=offer_ref " +
		"{partner_id}=partner_id {affiliate_id}=partner_id {pid}=partner_id {advertiser_id}=advertiser_id " +
		"{source}=source {ref}=ref {impression_id}=impression_id {aimp_id}=aimp_id {ip}=ip {ua}=ua " +
		"{country}=country {device}=device {os}=os {referrer}=referrer {timestamp}=timestamp {date}=date {rand}=rand"

	subList = "{aff_sub}=sub1 {aff_sub1}=sub1 {aff_sub2}=sub2 {aff_sub3}=sub3 {aff_sub4}=sub4 {aff_sub5}=sub5 " +
		"#s1#=sub1 #s2#=sub2 #s3#=sub3 #s4#=sub4 #s5#=sub5"

	postbackList = "{ref}=ref {source}=source {transaction_id}=clickid {conversion_id}=conversion_id {order_id}=order_id " +
		"{offer_id}=offer_id {offer_name}=offer_name {offer_ref}=offer_ref {partner_id}=partner_id {goal}=goal " +
		"{goal_id}=goal_id {goal_name}=goal_name {goal_ref}=goal_ref {payout}=payout {sum}=payout {amount}=amount " +
		"{sale_amount}=amount {currency}=currency {status}=status {datetime}=datetime {timestamp}=timestamp {ip}=ip " +
		"{country}=country {device}=device {impression_id}=impression_id {promo_code}=promo_code"
)

// spelled makes a map from spelling to canonical name.
func spelled(lists ...string) map[string]string {
	names := map[string]string{}
	for _, pair := range strings.Fields(strings.Join(lists, " ")) {
		spelling, name, _ := strings.Cut(pair, "=")
		names[spelling] = name
	}
	return names
}

// vocabularyOf lists what those pages list for a vocabulary.
func vocabularyOf(v Vocabulary) map[string]string {
	if v == PartnerPostback {
		names := spelled(postbackList, subList)
		addNumbered(names, "sub", 10)
		addNumbered(names, "custom_field", 15)
		return names
	}
	names := spelled(offerList, subList)
	addNumbered(names, "sub", 10)
	if v == Offer {
		for _, spelling := range strings.Fields(clickIDSpellings) {
			names[spelling] = "clickid"
		}
	}
	return names
}

func addNumbered(names map[string]string, name string, count int) {
	for i := 1; i <= count; i++ {
		names[fmt.Sprintf("{%s%d}", name, i)] = fmt.Sprintf("%s%d", name, i)
	}
}

// TestEverySpelling parses each one and looks which macro it is.
func TestEverySpelling(t *testing.T) {
	for _, v := range []Vocabulary{Offer, Impression, PartnerPostback} {
		for spelling, name := range vocabularyOf(v) {
			template, err := Parse("https://x.example/?a="+spelling, v)
			if err != nil {
				t.Errorf("%s: %v", v, err)
				continue
			}
			if list := template.Macros(); len(list) != 1 || list[0].String() != name {
				t.Errorf("%s in %s is %v, want %s", spelling, v, list, name)
			}
		}
	}
}

// TestNothingElseIsKnown: each vocabulary has no macro that the pages do
// not list there (further spellings of one that it lists do no harm).
func TestNothingElseIsKnown(t *testing.T) {
	for _, v := range []Vocabulary{Offer, Impression, PartnerPostback} {
		listed := map[string]bool{}
		for _, name := range vocabularyOf(v) {
			listed[name] = true
		}
		for m := none; m <= macros; m++ {
			if v.Has(m) != listed[m.String()] {
				t.Errorf("%s: macro %s known %t, listed %t", v, m, v.Has(m), listed[m.String()])
			}
		}
	}
}

func TestEachMacroIsFoundByItsName(t *testing.T) {
	for m := none + 1; m < macros; m++ {
		if byName[m.String()] != m {
			t.Errorf("{%s} is macro %d, want %d", m, byName[m.String()], m)
		}
	}
	if macros > 64 {
		t.Errorf("%d macros do not fit a set of 64 bits", macros)
	}
	if none.String() != "none" || Macro(255).String() != "none" {
		t.Error("macros that do not exist have a name")
	}
}

func TestSubAndCustomField(t *testing.T) {
	for m := none; m <= macros; m++ {
		sub, isSub := m.Sub()
		if isSub != strings.HasPrefix(m.String(), "sub") || isSub && m.String() != fmt.Sprintf("sub%d", sub+1) {
			t.Errorf("%s is sub id %d, %t", m, sub, isSub)
		}
		field, isField := m.CustomField()
		if isField != strings.HasPrefix(m.String(), "custom") || isField && m.String() != fmt.Sprintf("custom_field%d", field+1) {
			t.Errorf("%s is custom field %d, %t", m, field, isField)
		}
	}
}

func TestVocabulariesHaveNames(t *testing.T) {
	if Vocabulary(9).String() != "no URL" || Vocabulary(9).Has(ClickID) {
		t.Error("a vocabulary that does not exist knows something")
	}
	_, err := Parse("https://x.example/?a={rand}", PartnerPostback)
	if !errors.Is(err, ErrUnknown) || !strings.Contains(err.Error(), "offer URLs") {
		t.Errorf("{rand} in a partner postback: %v", err)
	}
}
