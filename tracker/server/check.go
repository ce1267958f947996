package server

import (
	"bytes"
	"net/netip"
	"slices"

	"github.com/waypost/waypost/api/macro"
	"github.com/waypost/waypost/api/money"
	"github.com/waypost/waypost/api/seal"
	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/tracker/journal"
	"github.com/waypost/waypost/tracker/live"
	"github.com/waypost/waypost/tracker/server/params"
)

// checks are those of the tracker, in the order of docs/rules.md: the first that fails
// names the reason. What depends on earlier events is the ledger's. A check may rely on
// what those before it have found: from bad_click_id on there is an offer, from
// unknown_goal on a goal.
var checks = []struct {
	reason string
	passes func(*postbackCheck) bool
}{
	{reasonBadRequest, func(c *postbackCheck) bool { return !c.bodyBroken }},
	{reasonUnexpandedMacro, (*postbackCheck).expanded},
	{reasonBadAmount, (*postbackCheck).amount},
	{reasonBadStatus, (*postbackCheck).status},
	{reasonMissingClickID, (*postbackCheck).identified},
	{reasonBadClickID, (*postbackCheck).attributed},
	{reasonBadKey, (*postbackCheck).keysProven},
	{reasonSourceDenied, (*postbackCheck).sourceAllowed},
	{reasonViewThroughDisabled, (*postbackCheck).viewThroughAllowed},
	{reasonGoalsDisabled, (*postbackCheck).goalsEnabled},
	{reasonGoalDeleted, func(c *postbackCheck) bool { return c.goal == nil || !c.goal.Deleted() }},
	{reasonUnknownGoal, func(c *postbackCheck) bool { return c.goal != nil }},
	{reasonWrongProtocol, (*postbackCheck).protocolFits},
	{reasonEncryptionRequired, (*postbackCheck).sealedIfRequired},
}

// check runs the checks. The entry then has the first reason, and the configuration as far
// as the postback names it. Offer, partner and goal of a refused postback are looked up
// too: the log is where an advertiser finds out why a conversion is missing.
func (c *postbackCheck) check() {
	for _, check := range checks {
		if !check.passes(c) {
			c.entry.Reason = check.reason
			break
		}
	}
	if c.offer == nil && c.entry.Reason != reasonBadClickID && c.identified() {
		c.attributed() // for the log, which has offer and partner of a bad amount too
	}
	c.locate()
	if c.offer != nil && c.partner != nil {
		c.entry.Terms = c.terms()
	}
}

// deciding are the parameters that must not hold a blank which the sender should have
// filled in: taken for an order id it would make every later order a duplicate.
var deciding = []params.Param{
	params.ClickID, params.AimpID, params.Amount, params.OrderID, params.Status, params.Currency,
	params.Goal, params.GoalID, params.GoalName, params.GoalRef, params.Offer, params.Partner, params.Test,
}

// expanded reports that no parameter holds a macro which the sender should have replaced.
// What only goes along, as a comment does, may look like a blank. Keys are not looked at.
func (c *postbackCheck) expanded() bool {
	p := &c.request.params
	for _, param := range deciding {
		value := p.Filled(param)
		if params.IsPlain(param, value) {
			continue
		}
		if text := view(value); text != "" && (macro.Placeholder(text) || macro.Unexpanded(text) || params.IsName(param, value) || params.HoldsName(param, value)) {
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

// amount reads the sale amount; an empty one counts as not given. Any other form is
// refused rather than guessed at: 1,000 may be a thousand or one.
func (c *postbackCheck) amount() bool {
	given := c.request.params.Get(params.Amount)
	if len(given) == 0 {
		return true
	}
	amount, err := money.ParseSale(string(given))
	if err != nil {
		return false
	}
	c.entry.Amount = &amount
	return true
}

// statuses are the words and numbers of docs/integrate.md; case is ignored.
var statuses = map[string]snapshot.ConversionStatus{
	"approved": snapshot.StatusApproved, "1": snapshot.StatusApproved,
	"pending": snapshot.StatusPending, "2": snapshot.StatusPending,
	"rejected": snapshot.StatusRejected, "declined": snapshot.StatusRejected, "3": snapshot.StatusRejected,
	"hold": snapshot.StatusHold, "5": snapshot.StatusHold,
}

// status reads the status; an empty one counts as not given.
func (c *postbackCheck) status() bool {
	given := c.request.params.Get(params.Status)
	if len(given) == 0 {
		return true
	}
	status, ok := statuses[string(bytes.ToLower(given))]
	c.entry.Status = status
	return ok
}

// keysProven reports that each level with a key (network, advertiser, offer) finds one of
// its own among the presented. Pixels carry none: what a page shows is no secret.
func (c *postbackCheck) keysProven() bool {
	if c.entry.Via != journal.ViaServer {
		return true
	}
	presented := make([]string, 0, len(c.request.params.Keys))
	for _, k := range c.request.params.Keys {
		presented = append(presented, string(k))
	}
	required, proven := false, true
	for _, level := range keyLevels(c.request.network, c.parties) {
		if level.required {
			required = true
			// Every level is looked at, so that time does not show which one failed.
			proven = seal.MatchKey(c.request.server.keys.Load(), level.keys, presented) && proven
		}
	}
	c.entry.KeyProven = required && proven
	return proven
}

// keyLevel is one of the places where keys are configured. A level that requires a key and
// has none lets nothing through.
type keyLevel struct {
	required bool
	keys     []snapshot.KeyDigest
}

// keyLevels returns the levels of a postback: network, offer and advertiser. An offer
// without an advertiser has two.
func keyLevels(network *live.Network, p parties) []keyLevel {
	levels := []keyLevel{{network.Body.KeyRequired, network.Body.Keys}, {p.offer.Body.KeyRequired, p.offer.Body.Keys}}
	if p.advertiser != nil {
		levels = append(levels, keyLevel{p.advertiser.Body.KeyRequired, p.advertiser.Body.Keys})
	}
	return levels
}

// keyRequired reports whether any level has a key.
func keyRequired(network *live.Network, p parties) bool {
	return slices.ContainsFunc(keyLevels(network, p), func(level keyLevel) bool { return level.required })
}

// sourceAllowed reports that the caller's address is one of the advertiser's, if the
// advertiser lists any.
func (c *postbackCheck) sourceAllowed() bool {
	if c.entry.Via != journal.ViaServer || c.advertiser == nil || len(c.advertiser.Prefixes) == 0 {
		return true
	}
	return slices.ContainsFunc(c.advertiser.Prefixes, func(p netip.Prefix) bool { return p.Contains(c.request.client) })
}

// viewThroughAllowed reports that there is a click, or that the offer allows conversions
// of impressions.
func (c *postbackCheck) viewThroughAllowed() bool {
	return c.entry.ClickID != "" || c.noSession || c.offer.Body.Attribution.ViewThrough
}

// goalsEnabled reports that neither offer nor network has its goals off, or that the goal
// is the default one, which they take all the same.
func (c *postbackCheck) goalsEnabled() bool {
	c.locate()
	if !c.offer.Body.GoalsDisabled && !c.request.network.Body.GoalsDisabled {
		return true
	}
	return c.goal != nil && c.goal == c.offer.DefaultGoal()
}

// doors are the protocols that take what comes through a door. A click link records a goal
// of any protocol, as a click.
var doors = map[journal.Via]map[snapshot.Protocol]bool{
	journal.ViaServer: {snapshot.ProtocolServer: true, snapshot.ProtocolServerPartner: true},
	journal.ViaImage:  {snapshot.ProtocolImage: true, snapshot.ProtocolImageSSL: true},
	journal.ViaIFrame: {snapshot.ProtocolIFrame: true, snapshot.ProtocolIFrameSSL: true},
}

// protocolFits reports that the goal takes what comes through this door. Where the goal
// asks for TLS, a request that a trusted proxy got without is refused. Where an untrusted
// one may have ended TLS, that cannot be known, and the request passes.
func (c *postbackCheck) protocolFits() bool {
	if c.entry.Via == journal.ViaClick {
		return true
	}
	protocol := c.goal.Protocol()
	ssl := protocol == snapshot.ProtocolImageSSL || protocol == snapshot.ProtocolIFrameSSL
	if ssl && c.request.transport == transportPlain {
		return false
	}
	return doors[c.entry.Via][protocol]
}

// sealedIfRequired reports that a pixel or click link of a goal with encrypted tracking
// came with the sealed form of that very goal. So a page gives away the right to report
// its own goal, and no other.
func (c *postbackCheck) sealedIfRequired() bool {
	return !c.goal.Encrypted() || c.entry.Via == journal.ViaServer || c.pixel.sealed
}
