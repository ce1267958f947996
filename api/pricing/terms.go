package pricing

import (
	"github.com/waypost/waypost/api/money"
	"github.com/waypost/waypost/api/snapshot"
)

// Terms is the pricing record of one conversion: everything that the five steps
// of docs/payouts.md may still choose from, for both sides.
// It is self-contained, so a rebuild or a replay needs no old snapshot.
type Terms struct {
	// Private makes the payout 0, always; the revenue is priced as usual.
	Private bool `cbor:"1,keyasint,omitempty"`
	Payout  Side `cbor:"2,keyasint"`
	Revenue Side `cbor:"3,keyasint"`
}

// Side is one of payout and revenue.
type Side struct {
	// Override is the partner's override that holds at the moment of the
	// conversion and gives this side; nil if none does.
	Override *Named `cbor:"1,keyasint,omitempty"`
	// Structure is the name of the goal's payout structure, "" if it has none;
	// Rules are its rules without those for other partners, in order. A rule that
	// does not give this side is kept: when it matches, the goal's own terms apply.
	Structure string `cbor:"2,keyasint,omitempty"`
	Rules     []Rule `cbor:"3,keyasint,omitempty"`
	// Tier is the tier of the partner, if the goal has a value for it.
	Tier *Tier `cbor:"4,keyasint,omitempty"`
	// Own are the goal's own terms.
	Own snapshot.PayoutTerms `cbor:"5,keyasint"`
}

// Named is an override's terms with the name that explains them: "object/entry".
type Named struct {
	Name  string               `cbor:"1,keyasint"`
	Terms snapshot.PayoutTerms `cbor:"2,keyasint"`
}

// Rule is a structure's rule, reduced to one side. Nil Terms mean that the rule
// does not give this side.
type Rule struct {
	Name  string                `cbor:"1,keyasint"`
	When  []snapshot.Condition  `cbor:"2,keyasint,omitempty"`
	Terms *snapshot.PayoutTerms `cbor:"3,keyasint,omitempty"`
}

// Tier names the partner's tier and the terms that it replaces; nil keeps the goal's own.
type Tier struct {
	Name    string         `cbor:"1,keyasint"`
	Flat    *money.Amount  `cbor:"2,keyasint,omitempty"`
	Percent *money.Percent `cbor:"3,keyasint,omitempty"`
}
