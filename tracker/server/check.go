package server

import (
	"github.com/waypost/waypost/api/macro"
	"github.com/waypost/waypost/tracker/journal"
	"github.com/waypost/waypost/tracker/server/params"
)

// checks are those of the tracker, in the order of docs/rules.md: the first that
// fails names the reason. What depends on earlier events is the ledger's.
var checks = []struct {
	reason string
	passes func(*report) bool
}{
	{reasonBadRequest, func(r *report) bool { return !r.bodyBroken }},
	{reasonUnexpandedMacro, (*report).expanded},
	{reasonBadAmount, (*report).amount},
	{reasonBadStatus, (*report).status},
	{reasonMissingClickID, (*report).identified},
	{reasonBadClickID, (*report).attributed},
	{reasonBadKey, (*report).keysProven},
	{reasonSourceDenied, (*report).sourceAllowed},
	{reasonViewThroughDisabled, (*report).viewThroughAllowed},
	{reasonGoalsDisabled, (*report).goalsEnabled},
	{reasonGoalDeleted, func(r *report) bool { return r.goal == nil || !r.goal.Deleted() }},
	{reasonUnknownGoal, func(r *report) bool { return r.goal != nil }},
	{reasonWrongProtocol, (*report).protocolFits},
	{reasonEncryptionRequired, (*report).sealedIfRequired},
}

// check runs the checks and notes the first reason, and what the configuration
// says as far as the postback names it.
func (r *report) check() {
	for _, c := range checks {
		if !c.passes(r) {
			r.entry.Reason = c.reason
			break
		}
	}
	if r.offer == nil && r.entry.Reason != reasonBadClickID && r.identified() {
		r.attributed() // for the log: a bad amount of whose click?
	}
	r.locate()
	if r.offer != nil && r.partner != nil {
		r.entry.Terms = r.terms()
	}
}

// deciding are the parameters that must not hold a blank which the sender should have
// filled in: taken for an order id it would make every later order a duplicate.
var deciding = []params.Param{
	params.ClickID, params.AimpID, params.Amount, params.OrderID, params.Status, params.Currency,
	params.Goal, params.GoalID, params.GoalName, params.GoalRef, params.Offer, params.Partner, params.Test,
}

// expanded: no parameter still holds a macro that the sender should have replaced.
// What only goes along, as a comment does, may look like a blank. Keys are
// not looked at.
func (r *report) expanded() bool {
	p := &r.v.params
	for _, param := range deciding {
		value := p.Filled(param)
		if text := view(value); text != "" && (macro.Placeholder(text) || macro.Unexpanded(text) || params.IsName(param, value)) {
			return false
		}
	}
	for _, x := range params.Extras() {
		if macro.Unexpanded(view(p.Get(x.Param))) {
			return false
		}
	}
	return true
}

// viewThroughAllowed: without a click the offer must allow conversions of impressions.
func (r *report) viewThroughAllowed() bool {
	return r.entry.ClickID != "" || r.noSession || r.offer.Body.Attribution.ViewThrough
}

// goalsEnabled: an offer or network whose goals are off takes the default goal only.
func (r *report) goalsEnabled() bool {
	r.locate()
	if !r.offer.Body.GoalsDisabled && !r.v.network.Body.GoalsDisabled {
		return true
	}
	return r.goal != nil && r.goal == r.offer.DefaultGoal()
}

// sealedIfRequired: a pixel or click link of a goal with encrypted tracking must
// have come with the sealed form of that very goal.
func (r *report) sealedIfRequired() bool {
	return !r.goal.Encrypted() || r.entry.Via == journal.ViaServer || r.pixel.sealed
}
