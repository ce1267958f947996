package judge

// Verdicts (docs/rules.md, "Verdicts").
const (
	Approved = "approved"
	Pending  = "pending"
	Hold     = "hold"
	Rejected = "rejected"
	Refused  = "refused"
)

// Reason codes that the ledger gives, and those of the tracker that it reads.
const (
	ReasonUnknownGoal      = "unknown_goal" // found by the tracker, recorded here
	ReasonCapReached       = "cap_reached"
	ReasonTooLate          = "too_late"
	ReasonTooSoon          = "too_soon"
	ReasonPartnerInactive  = "partner_inactive"
	ReasonByAdvertiser     = "rejected_by_advertiser"
	ReasonOfferInactive    = "offer_inactive"
	ReasonCurrencyMismatch = "currency_mismatch"

	// ReasonOrderIDMissing is the reason of a pending conversion: the order id was a
	// word for nothing, and without it each reload of a page would count again.
	ReasonOrderIDMissing = "order_id_missing"

	ReasonDuplicate     = "duplicate"
	ReasonSessionClosed = "session_closed"
	ReasonStatusFinal   = "status_final"
	ReasonBadAmount     = "bad_amount"

	// ReasonByModerator is the reason of a conversion that a moderator rejected
	// without giving one.
	ReasonByModerator = "rejected_by_moderator"
)

// Rejections are the reason codes of rejections that no moderator decided.
var Rejections = [...]string{
	ReasonUnknownGoal, ReasonCapReached, ReasonTooLate, ReasonTooSoon, ReasonPartnerInactive,
	ReasonByAdvertiser, ReasonOfferInactive, ReasonCurrencyMismatch,
}

// Forbids reports whether a moderator's decision changes nothing for this reason.
func Forbids(reason string) bool {
	return reason == ReasonDuplicate || reason == ReasonCapReached || reason == ReasonStatusChanged
}

// releases reports whether a conversion rejected for this reason leaves its key
// free: the advertiser cannot help it, so a later postback is judged afresh.
func releases(reason string) bool {
	switch reason {
	case ReasonUnknownGoal, ReasonCapReached, ReasonTooSoon, ReasonOfferInactive, ReasonCurrencyMismatch:
		return true
	}
	return false
}
