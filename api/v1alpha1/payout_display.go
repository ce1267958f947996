package v1alpha1

import "strings"

// Display returns the payout in a few words, for printer columns: "1.00", "20%", "1 + 20%",
// "1.00, tiers: gold 1.20, silver 1.10" or "1.00, structure: big-baskets". Nothing, or no terms, is "0".
func (p *Payout) Display() string {
	if p == nil {
		return "0"
	}
	text := displayTerms(p.Flat, p.Percent)
	if len(p.Tiers) > 0 {
		text += ", tiers: " + displayTiers(p.Tiers)
	}
	if p.Structure != "" {
		text += ", structure: " + p.Structure
	}
	return shorten(text, maxDisplay)
}

// Display returns the terms in a few words: "1.00", "20%" or "1 + 20%"; nothing, or no terms, is "0".
func (p *PayoutTerms) Display() string {
	if p == nil {
		return "0"
	}
	return displayTerms(p.Flat, p.Percent)
}

// maxDisplay is the length that the status fields for these texts accept, in bytes.
const maxDisplay = 512

func displayTiers(tiers []PayoutTier) string {
	words := make([]string, 0, len(tiers))
	for _, tier := range tiers {
		words = append(words, tier.Tier+" "+displayTerms(tier.Flat, tier.Percent))
	}
	return strings.Join(words, ", ")
}

func displayTerms(flat Amount, percent Percent) string {
	switch {
	case flat != "" && percent != "":
		return string(flat) + " + " + string(percent) + "%"
	case percent != "":
		return string(percent) + "%"
	case flat != "":
		return string(flat)
	default:
		return "0"
	}
}

// shorten cuts text to at most limit bytes, at a character's edge, and shows that it did.
func shorten(text string, limit int) string {
	const mark = "..."
	if len(text) <= limit {
		return text
	}
	return strings.ToValidUTF8(text[:limit-len(mark)], "") + mark
}
