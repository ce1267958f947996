package macro

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// canonical holds the first name of each macro, without braces.
var canonical = canonicalNames()

// aliases are the further names that go between braces.
var aliases = map[string]Macro{
	"click_id":       ClickID,
	"transaction_id": ClickID,
	"tracker":        ClickID,
	"affiliate_id":   PartnerID,
	"pid":            PartnerID,
	"aff_sub":        Sub1, // aff_sub1 to aff_sub10 are added by byName
	"sum":            Payout,
	"sale_amount":    Amount,
}

// byName finds a macro by what stands between braces.
var byName = bracedNames()

// byHash finds a macro by what stands between number signs (CAKE).
var byHash = map[string]Macro{
	"reqid": ClickID, "s1": Sub1, "s2": Sub2, "s3": Sub3, "s4": Sub4, "s5": Sub5,
}

// byAngle finds a macro by what stands between angle brackets.
var byAngle = map[string]Macro{"TRACKER": ClickID}

func canonicalNames() [macros]string {
	names := [macros]string{
		ClickID: "clickid", OfferID: "offer_id", OfferName: "offer_name", OfferRef: "offer_ref",
		PartnerID: "partner_id", AdvertiserID: "advertiser_id", Source: "source", Ref: "ref",
		ImpressionID: "impression_id", AimpID: "aimp_id", IP: "ip", UserAgent: "ua",
		Country: "country", Device: "device", OS: "os", Referrer: "referrer",
		Timestamp: "timestamp", Date: "date", Rand: "rand", ConversionID: "conversion_id",
		OrderID: "order_id", Goal: "goal", GoalID: "goal_id", GoalName: "goal_name",
		GoalRef: "goal_ref", Payout: "payout", Amount: "amount", Currency: "currency",
		Status: "status", Datetime: "datetime", PromoCode: "promo_code",
	}
	for m := Sub1; m <= Sub10; m++ {
		names[m] = "sub" + strconv.Itoa(int(m-Sub1)+1)
	}
	for m := CustomField1; m <= CustomField15; m++ {
		names[m] = "custom_field" + strconv.Itoa(int(m-CustomField1)+1)
	}
	return names
}

func bracedNames() map[string]Macro {
	names := make(map[string]Macro, int(macros)+len(aliases))
	for m := none + 1; m < macros; m++ {
		names[canonical[m]] = m
		if index, ok := m.Sub(); ok {
			names["aff_sub"+strconv.Itoa(index+1)] = m
		}
	}
	for name, m := range aliases {
		names[name] = m
	}
	return names
}

// Names returns the names of all macros, in every spelling and without their brackets.
func Names() []string {
	names := slices.Collect(maps.Keys(byName))
	return append(names, slices.Concat(slices.Collect(maps.Keys(byHash)), slices.Collect(maps.Keys(byAngle)))...)
}

// similar returns the known name that s was probably meant to be: one that
// differs in case, underscores and hyphens only. "" if there is none.
func similar(s string, within set) string {
	wanted := plain(s)
	best := ""
	for name, m := range byName {
		if within.has(m) && plain(name) == wanted && (best == "" || name < best) {
			best = name
		}
	}
	return best
}

// plain leaves of a name what a person remembers of it.
func plain(name string) string {
	return strings.NewReplacer("_", "", "-", "", ".", "").Replace(strings.ToLower(name))
}
