package compile

import (
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

// goalBuild is a goal on its way to its record: a Goal, or an offer's default goal.
type goalBuild struct {
	*builder
	spec *v1alpha1.GoalSettings
	at   *path
	body *snapshot.Goal
}

// goalSteps make the part of a goal that Goals and default goals have in common.
// Value and title come before them, because the slug may need both.
var goalSteps = []func(*goalBuild){
	(*goalBuild).slug,     // the given one, else the title's; aliases
	(*goalBuild).words,    // reference id, description
	(*goalBuild).choices,  // state, visibility, protocol and the like
	(*goalBuild).network,  // what the network switches off or decides
	(*goalBuild).payout,   // nothing for a private goal
	(*goalBuild).revenue,  // as the payout, for private goals too
	(*goalBuild).resolved, // structures exist
}

// buildGoal makes the body of a Goal's record. What it shares with other goals
// of the offer is claimed later.
func buildGoal(b *builder, g *v1alpha1.Goal) *snapshot.Goal {
	at := root()
	value, title, endPoint := at.dot("value"), at.dot("title"), at.dot("endPoint")
	body := &snapshot.Goal{
		Offer: g.Spec.OfferRef.Name,
		Value: readGoalValue(&b.findings, &value, g.Spec.Value),
		Title: b.required(&title, g.Spec.Title, maxTitle),
	}
	body.EndPoint = choose(&b.findings, &endPoint, g.Spec.EndPoint, normallyDisabled)
	buildGoalSettings(b, &at, &g.Spec.GoalSettings, body)
	return body
}

// readGoalValue checks the value of a Goal.
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

// buildDefaultGoal makes an offer's default goal: a goal with value "1".
func buildDefaultGoal(b *builder, at *path, spec *v1alpha1.DefaultGoal) *snapshot.Goal {
	if spec == nil {
		spec = &v1alpha1.DefaultGoal{}
	}
	title := at.dot("title")
	body := &snapshot.Goal{Value: v1alpha1.DefaultGoalValue, Title: v1alpha1.DefaultGoalTitle}
	if spec.Title != "" {
		body.Title = b.text(&title, spec.Title, maxTitle)
	}
	if spec.RefusedEndPoint != "" {
		endPoint := at.dot("endPoint")
		b.invalid(&endPoint, "the default goal cannot be an end point: remove endPoint, or declare a Goal with endPoint Enabled")
	}
	if spec.RefusedValue != "" {
		value := at.dot("value")
		b.invalid(&value, "the default goal's value is always 1: remove value, or declare a Goal with this value")
	}
	buildGoalSettings(b, at, &spec.GoalSettings, body)
	return body
}

func buildGoalSettings(with *builder, at *path, spec *v1alpha1.GoalSettings, body *snapshot.Goal) {
	b := &goalBuild{builder: with, spec: spec, at: at, body: body}
	for _, step := range goalSteps {
		step(b)
	}
}

func (b *goalBuild) words() {
	ref, description := b.at.dot("refID"), b.at.dot("description")
	b.body.RefID = b.text(&ref, b.spec.RefID, maxTitle)
	b.text(&description, b.spec.Description, maxDescription)
}

func (b *goalBuild) choices() {
	state, visibility, protocol := b.at.dot("state"), b.at.dot("visibility"), b.at.dot("protocol")
	record, multiple, display := b.at.dot("recordAs"), b.at.dot("multipleConversions"), b.at.dot("displayAdvertiser")
	b.body.State = choose(&b.findings, &state, b.spec.State, goalStates)
	b.body.Private = choose(&b.findings, &visibility, b.spec.Visibility, goalVisibility)
	b.body.Protocol = choose(&b.findings, &protocol, b.spec.Protocol, goalProtocols)
	b.body.ClickOnly = choose(&b.findings, &record, b.spec.RecordAs, goalRecords)
	b.body.Multiple = choose(&b.findings, &multiple, b.spec.MultipleConversions, normallyDisabled)
	choose(&b.findings, &display, b.spec.DisplayAdvertiser, goalDisplays) // shown by the console, nothing that trackers serve
}

// network combines the goal with the network's conversionApproval and encryptedTracking.
func (b *goalBuild) network() {
	approval, encrypted := b.at.dot("approval"), b.at.dot("encryptedTracking")
	manual := choose(&b.findings, &approval, b.spec.Approval, goalApprovals)
	b.body.Manual = manual && !b.namespace.network.settings.approvalDisabled
	b.body.Encrypted = b.namespace.network.settings.encrypted
	if b.spec.EncryptedTracking != "" {
		b.body.Encrypted = choose(&b.findings, &encrypted, b.spec.EncryptedTracking, encryptions)
	}
}

func (b *goalBuild) payout() {
	at := b.at.dot("payout")
	pay := readPay(&b.findings, &at, b.spec.Payout)
	if !b.body.Private {
		b.body.Payout = pay
		return
	}
	if pay.Flat != 0 || pay.Percent != 0 || len(pay.Tiers) > 0 || pay.Structure != "" {
		b.invalid(&at, "a private goal pays partners nothing: remove payout, or set visibility to Public")
	}
}

func (b *goalBuild) revenue() {
	at := b.at.dot("revenue")
	b.body.Revenue = readPay(&b.findings, &at, b.spec.Revenue)
}

func (b *goalBuild) resolved() {
	payoutAt, revenueAt := b.at.dot("payout"), b.at.dot("revenue")
	payout, revenue := payoutAt.dot("structure"), revenueAt.dot("structure")
	if b.body.Payout.Structure != "" {
		b.resolve(&payout, snapshot.KindPayoutStructure, b.body.Payout.Structure)
	}
	if b.body.Revenue.Structure != "" {
		b.resolve(&revenue, snapshot.KindPayoutStructure, b.body.Revenue.Structure)
	}
}
