package compile

import (
	"github.com/waypost/waypost/api/money"
	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/api/v1alpha1"
)

const maxTiers = 10

// kindOfPay holds which terms a payout type has.
type kindOfPay struct{ flat, percent bool }

var payoutTypes = []choice[v1alpha1.PayoutType, kindOfPay]{
	{v1alpha1.PayoutTypeFlat, kindOfPay{flat: true}},
	{v1alpha1.PayoutTypePercentage, kindOfPay{percent: true}},
	{v1alpha1.PayoutTypeFlatAndPercentage, kindOfPay{flat: true, percent: true}},
}

// readAmount reads an amount of money; an absent one is 0.
func readAmount(f *findings, at *path, amount v1alpha1.Amount) money.Amount {
	if amount == "" {
		return 0
	}
	value, err := money.Parse(string(amount))
	if err != nil {
		f.invalid(at, "%v", err)
	}
	return value
}

// readPercent reads a percentage; an absent one is 0.
func readPercent(f *findings, at *path, percent v1alpha1.Percent) money.Percent {
	if percent == "" {
		return 0
	}
	value, err := money.ParsePercent(string(percent))
	if err != nil {
		f.invalid(at, "%v", err)
	}
	return value
}

// readTerms reads a flat and a percentage term, and checks them against the type.
func readTerms(f *findings, at *path, kind kindOfPay, flat v1alpha1.Amount, percent v1alpha1.Percent) snapshot.PayoutTerms {
	if flat != "" && !kind.flat {
		f.invalid(at.dot("flat"), "flat needs type Flat or FlatAndPercentage: change type or remove flat")
	}
	if percent != "" && !kind.percent {
		f.invalid(at.dot("percent"), "percent needs type Percentage or FlatAndPercentage: change type or remove percent")
	}
	return snapshot.PayoutTerms{Flat: readAmount(f, at.dot("flat"), flat), Percent: readPercent(f, at.dot("percent"), percent)}
}

// readPay reads one side of a goal; an absent one is 0.
func readPay(f *findings, at *path, p *v1alpha1.Payout) snapshot.Pay {
	if p == nil {
		return snapshot.Pay{}
	}
	kind := choose(f, at.dot("type"), p.Type, payoutTypes)
	terms := readTerms(f, at, kind, p.Flat, p.Percent)
	if p.Structure != "" {
		f.name(at.dot("structure"), p.Structure)
		if len(p.Tiers) > 0 {
			f.invalid(at.dot("structure"), "tiers and structure exclude each other: remove one of them")
		}
	}
	return snapshot.Pay{Flat: terms.Flat, Percent: terms.Percent, Tiers: readTiers(f, at.dot("tiers"), kind, p.Tiers), Structure: p.Structure}
}

// readTiers reads what partners of a tier get instead. A partner whose tier is not listed
// has the goal's terms.
func readTiers(f *findings, at *path, kind kindOfPay, tiers []v1alpha1.PayoutTier) []snapshot.TierPay {
	if len(tiers) == 0 {
		return nil
	}
	f.atMost(at, len(tiers), maxTiers)
	seen := make(map[string]bool, len(tiers))
	list := make([]snapshot.TierPay, 0, len(tiers))
	for i := range tiers {
		tier := &tiers[i]
		entry := at.at(i)
		f.required(entry.dot("tier"), tier.Tier, maxTitle)
		if seen[tier.Tier] {
			f.invalid(entry.dot("tier"), "tier %.64q is there twice: remove one", tier.Tier)
		}
		seen[tier.Tier] = true
		list = append(list, readTier(f, entry, kind, tier))
	}
	return list
}

// readTier reads one tier: it replaces only the terms that it names.
func readTier(f *findings, at *path, kind kindOfPay, tier *v1alpha1.PayoutTier) snapshot.TierPay {
	terms := readTerms(f, at, kind, tier.Flat, tier.Percent)
	pay := snapshot.TierPay{Tier: tier.Tier}
	if tier.Flat != "" {
		pay.Flat = &terms.Flat
	}
	if tier.Percent != "" {
		pay.Percent = &terms.Percent
	}
	return pay
}

// readSide reads the terms of an override or a rule; an absent side stays absent.
func readSide(f *findings, at *path, p *v1alpha1.PayoutTerms) *snapshot.PayoutTerms {
	if p == nil {
		return nil
	}
	if len(p.RefusedTiers) > 0 || p.RefusedStructure != "" {
		f.invalid(at, "tiers and structure do not exist here: write them in the goal's payout or revenue")
	}
	terms := readTerms(f, at, choose(f, at.dot("type"), p.Type, payoutTypes), p.Flat, p.Percent)
	return &terms
}
