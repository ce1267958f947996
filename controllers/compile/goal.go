package compile

import (
	"cmp"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/api/v1alpha1"
)

const (
	maxAliases     = 10
	maxDescription = 4096
)

var (
	goalStates = []choice[v1alpha1.GoalState, snapshot.State]{
		{v1alpha1.GoalStateActive, snapshot.Active},
		{v1alpha1.GoalStateDeleted, snapshot.Deleted},
	}
	goalVisibility = []choice[v1alpha1.GoalVisibility, bool]{
		{v1alpha1.GoalVisibilityPublic, false},
		{v1alpha1.GoalVisibilityPrivate, true},
	}
	goalProtocols = []choice[v1alpha1.GoalProtocol, snapshot.Protocol]{
		{v1alpha1.GoalProtocolServer, snapshot.ProtocolServer},
		{v1alpha1.GoalProtocolImage, snapshot.ProtocolImage},
		{v1alpha1.GoalProtocolImageSSL, snapshot.ProtocolImageSSL},
		{v1alpha1.GoalProtocolIFrame, snapshot.ProtocolIFrame},
		{v1alpha1.GoalProtocolIFrameSSL, snapshot.ProtocolIFrameSSL},
		{v1alpha1.GoalProtocolServerPartner, snapshot.ProtocolServerPartner},
	}
	goalRecords = []choice[v1alpha1.GoalRecord, bool]{
		{v1alpha1.GoalRecordConversion, false},
		{v1alpha1.GoalRecordClick, true},
	}
	goalApprovals = []choice[v1alpha1.GoalApproval, bool]{
		{v1alpha1.GoalApprovalAutomatic, false},
		{v1alpha1.GoalApprovalManual, true},
	}
	goalDisplays = []choice[v1alpha1.GoalDisplay, bool]{
		{v1alpha1.GoalDisplayHidden, false},
		{v1alpha1.GoalDisplayShown, true},
	}
)

// buildGoal makes the body of a Goal's record. What it shares with other goals
// of the offer is claimed later.
func buildGoal(b *builder, g *v1alpha1.Goal) *snapshot.Goal {
	goal := &snapshot.Goal{
		Offer: g.Spec.OfferRef.Name,
		Value: readGoalValue(&b.findings, root.dot("value"), g.Spec.Value),
		Title: b.required(root.dot("title"), g.Spec.Title, maxTitle),
	}
	goal.EndPoint = choose(&b.findings, root.dot("endPoint"), g.Spec.EndPoint, normallyDisabled)
	b.goalSettings(root, &g.Spec.GoalSettings, goal)
	return goal
}

// readGoalValue checks the value of a Goal. The value 1 is the default goal's, and 0 is
// how TUNE names that in postbacks (docs/rules.md, "Parameters").
func readGoalValue(f *findings, at *path, value string) string {
	f.matching(at, value, maxGoalValue, goalPattern, "goal value (letters, digits, \"_\" and \"-\")")
	switch value {
	case "0":
		f.problem(v1alpha1.ReasonReservedValue, at, "the goal value 0 is reserved: choose another, for example 2")
	case v1alpha1.DefaultGoalValue:
		f.problem(v1alpha1.ReasonReservedValue, at,
			"the goal value 1 is the offer's default goal: choose another, or write the settings in the Offer's defaultGoal")
	}
	return value
}

// buildDefaultGoal makes an offer's default goal: a goal with value "1". Every offer has
// it, and it is never an end point (S1-3). Fields of Goals that it has not are in the
// schema as refused ones, so that they are named here instead of being dropped silently.
func buildDefaultGoal(b *builder, at *path, spec v1alpha1.DefaultGoal) *snapshot.Goal {
	goal := &snapshot.Goal{
		Value: v1alpha1.DefaultGoalValue,
		Title: cmp.Or(b.text(at.dot("title"), spec.Title, maxTitle), v1alpha1.DefaultGoalTitle),
	}
	if spec.RefusedEndPoint != "" {
		b.invalid(at.dot("endPoint"), "the default goal cannot be an end point: remove endPoint, or declare a Goal with endPoint Enabled")
	}
	if spec.RefusedValue != "" {
		b.invalid(at.dot("value"), "the default goal's value is always 1: remove value, or declare a Goal with this value")
	}
	b.goalSettings(at, &spec.GoalSettings, goal)
	return goal
}

// goalSettings reads what Goals and default goals have in common. Value and title
// come before, because the slug may need both.
//
// A Network's setting is a default for some fields and a bound for others: encrypted
// tracking is taken from it where the goal has none of its own, manual approval is off
// wherever the network has switched it off. A private goal has no payout (S1-12).
func (b *builder) goalSettings(at *path, spec *v1alpha1.GoalSettings, goal *snapshot.Goal) {
	f, network := &b.findings, &b.namespace.network.settings
	goal.Slug = readSlug(f, at.dot("slug"), spec.Slug, goal)
	goal.SlugAliases = readAliases(f, at.dot("slugAliases"), spec.SlugAliases, goal.Slug)
	goal.RefID = b.text(at.dot("refID"), spec.RefID, maxTitle)
	b.text(at.dot("description"), spec.Description, maxDescription)
	goal.State = choose(f, at.dot("state"), spec.State, goalStates)
	goal.Private = choose(f, at.dot("visibility"), spec.Visibility, goalVisibility)
	goal.Protocol = choose(f, at.dot("protocol"), spec.Protocol, goalProtocols)
	goal.ClickOnly = choose(f, at.dot("recordAs"), spec.RecordAs, goalRecords)
	goal.Multiple = choose(f, at.dot("multipleConversions"), spec.MultipleConversions, normallyDisabled)
	choose(f, at.dot("displayAdvertiser"), spec.DisplayAdvertiser, goalDisplays) // shown by the console, nothing that trackers serve
	goal.Manual = choose(f, at.dot("approval"), spec.Approval, goalApprovals) && !network.approvalDisabled
	goal.Encrypted = network.encrypted
	if spec.EncryptedTracking != "" {
		goal.Encrypted = choose(f, at.dot("encryptedTracking"), spec.EncryptedTracking, encryptions)
	}
	goal.Payout = readPay(f, at.dot("payout"), spec.Payout)
	if pay := goal.Payout; goal.Private && (pay.Flat != 0 || pay.Percent != 0 || len(pay.Tiers) > 0 || pay.Structure != "") {
		b.invalid(at.dot("payout"), "a private goal pays partners nothing: remove payout, or set visibility to Public")
		goal.Payout = snapshot.Pay{}
	}
	goal.Revenue = readPay(f, at.dot("revenue"), spec.Revenue)
	b.structure(at.dot("payout"), goal.Payout)
	b.structure(at.dot("revenue"), goal.Revenue)
}

// structure resolves the PayoutStructure of a side, if it has one (S1-18). A goal whose
// structure is not served cannot be priced, so it waits for it.
func (b *builder) structure(at *path, pay snapshot.Pay) {
	if pay.Structure != "" {
		b.resolve(at.dot("structure"), snapshot.KindPayoutStructure, pay.Structure)
	}
}
