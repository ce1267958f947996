package judge

import (
	"strconv"
	"strings"

	"github.com/waypost/waypost/api/money"
	"github.com/waypost/waypost/api/pricing"
)

// price prices the postback. An amount in another currency than the offer's prices
// nothing: the conversion will be rejected.
func (c *Case) price() (pricing.Result, error) {
	p := c.Postback
	amount := p.Amount
	if c.mismatch() != "" {
		amount = nil
	}
	visit := c.Click
	if visit == nil {
		visit = &Visit{}
	}
	f := fields{source: visit.Source, country: visit.Country, device: visit.Device, subs: &visit.Subs, extras: p.Extras}
	return p.Terms.Pricing.Price(pricing.Facts{Amount: amount, Field: f.field})
}

// reprice prices a conversion that exists, with another amount, by what it was
// first judged by.
func (c *Case) reprice(found *Conversion, amount *money.Amount) (pricing.Result, error) {
	f := fields{source: found.Source, country: found.Country, device: found.Device, subs: &found.Subs, extras: found.Extras}
	return c.Origin.Pricing.Price(pricing.Facts{Amount: amount, Field: f.field})
}

// fields are those of payout rules, except the amount.
type fields struct {
	source, country, device string
	subs                    *[10]string
	extras                  map[string]string
}

func (f *fields) field(name string) (string, bool) {
	value := ""
	switch name {
	case "source":
		value = f.source
	case "country":
		value = f.country
	case "device":
		value = f.device
	default:
		if n, ok := strings.CutPrefix(name, "sub"); ok {
			if i, err := strconv.Atoi(n); err == nil && i >= 1 && i <= len(f.subs) {
				value = f.subs[i-1]
			}
		} else {
			value = f.extras[name] // adv_sub1 to adv_sub5, promo_code
		}
	}
	return value, value != ""
}
