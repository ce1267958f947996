package server

// Reasons why a click or an impression is not served, or a postback refused by the tracker.
// docs/integrate.md lists them, and a test compares both. Header Waypost-Reason, journal,
// metrics and answers use them, so a reason is never renamed.
const (
	reasonBadRequest          = "bad_request"
	reasonUnknownOffer        = "unknown_offer"
	reasonUnknownPartner      = "unknown_partner"
	reasonOfferInactive       = "offer_inactive"
	reasonPartnerInactive     = "partner_inactive"
	reasonAdvertiserInactive  = "advertiser_inactive"
	reasonPartnerNotApproved  = "partner_not_approved"
	reasonPartnerBlocked      = "partner_blocked"
	reasonCapReached          = "cap_reached"
	reasonImpressionsDisabled = "impressions_disabled"

	reasonUnexpandedMacro     = "unexpanded_macro"
	reasonBadAmount           = "bad_amount"
	reasonBadStatus           = "bad_status"
	reasonMissingClickID      = "missing_click_id"
	reasonBadClickID          = "bad_click_id"
	reasonBadKey              = "bad_key"
	reasonSourceDenied        = "source_denied"
	reasonViewThroughDisabled = "view_through_disabled"
	reasonGoalsDisabled       = "goals_disabled"
	reasonGoalDeleted         = "goal_deleted"
	reasonUnknownGoal         = "unknown_goal"
	reasonWrongProtocol       = "wrong_protocol"
	reasonEncryptionRequired  = "encryption_required"

	// reasonNotDurable goes with 503: nothing is known of the postback, it is to
	// be sent again.
	reasonNotDurable = "not_durable"
)

// Verdicts, as postbacks are answered. The tracker gives refused, rejected and queued by
// itself, the others are the ledger's.
const (
	verdictApproved = "approved"
	verdictPending  = "pending"
	verdictHold     = "hold"
	verdictRejected = "rejected"
	verdictRefused  = "refused"
	verdictQueued   = "queued"
)
