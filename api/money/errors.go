package money

import "errors"

var (
	// ErrSyntax reports that a text is no decimal number in the form that Waypost
	// takes. A postback with such an amount is answered bad_amount.
	ErrSyntax = errors.New("not a plain decimal number")

	// ErrRange reports that a number is beyond what may be configured or calculated.
	// A conversion whose payout or revenue would be is answered bad_amount.
	ErrRange = errors.New("out of range")
)
