package macro

// Vocabulary is the set of macros that a template may use. It depends on the field that holds the URL.
type Vocabulary uint8

// The vocabularies.
const (
	// Offer is for destination and fallback URLs of clicks and for deep links.
	Offer Vocabulary = iota
	// Impression is for impression destinations: Offer without the click id, which
	// an impression does not have.
	Impression
	// PartnerPostback is for the outgoing URLs of partners.
	PartnerPostback
)

// onOffers are the macros of offer URLs (docs/rules.md, "Macros").
var onOffers = between(ClickID, Rand)

// known holds the macros of each vocabulary.
var known = [...]set{
	Offer:      onOffers,
	Impression: onOffers &^ setOf(ClickID),
	PartnerPostback: between(Sub1, Sub10) | between(ConversionID, CustomField15) | setOf(
		ClickID, OfferID, OfferName, OfferRef, PartnerID, Source, Ref, ImpressionID,
		IP, Country, Device, Timestamp),
}

// String returns the place where the vocabulary holds, for messages.
func (v Vocabulary) String() string {
	switch v {
	case Offer:
		return "offer URLs"
	case Impression:
		return "impression destinations"
	case PartnerPostback:
		return "partner postback URLs"
	}
	return "no URL"
}

// Has reports whether templates of the vocabulary may use m.
func (v Vocabulary) Has(m Macro) bool {
	return int(v) < len(known) && known[v].has(m)
}

// elsewhere returns a vocabulary that has m.
func elsewhere(m Macro) Vocabulary {
	if onOffers.has(m) {
		return Offer
	}
	return PartnerPostback
}
