package compile

import (
	"cmp"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/api/v1alpha1"
)

const maxOverrides = 500

// buildPartnerPayout makes the body of a PartnerPayout's record: the overrides
// that are in order, sorted the way pricing looks for them. Each override is
// checked by itself: a bad one is left out.
func buildPartnerPayout(b *builder, n *node, record *snapshot.Record) {
	spec, at := &n.object.(*v1alpha1.PartnerPayout).Spec, root()
	ref, overrides := at.dot("partnerRef"), at.dot("overrides")
	name := ref.dot("name")
	body := &snapshot.PartnerPayout{Partner: b.name(&name, spec.PartnerRef.Name), CreatedAt: n.created}
	record.PartnerPayout = body
	b.resolve(&name, snapshot.KindPartner, body.Partner)
	b.atMost(&overrides, len(spec.Overrides), maxOverrides)
	seen := make(map[string]bool, len(spec.Overrides))
	body.Overrides = make([]snapshot.Override, 0, len(spec.Overrides))
	for i := range spec.Overrides {
		o := &spec.Overrides[i]
		entry := overrides.at(i)
		own := builder{namespace: b.namespace}
		if seen[o.Name] {
			nameAt := entry.dot("name")
			own.invalid(&nameAt, "override %.64q is there twice: give each its name", o.Name)
		}
		seen[o.Name] = true
		if override := own.override(&entry, o); !b.refuse(o.Name, &own.findings) {
			body.Overrides = append(body.Overrides, override)
		}
	}
	slices.SortFunc(body.Overrides, compareOverrides)
}

// override reads one override.
func (b *builder) override(at *path, o *v1alpha1.PayoutOverride) snapshot.Override {
	name, payout, revenue := at.dot("name"), at.dot("payout"), at.dot("revenue")
	override := snapshot.Override{
		Name:    b.required(&name, o.Name, maxTitle),
		Payout:  readSide(&b.findings, &payout, o.Payout),
		Revenue: readSide(&b.findings, &revenue, o.Revenue),
	}
	goal := o.Goal
	if goal == "" {
		goal = v1alpha1.DefaultGoalValue
	}
	override.Offer, override.Goal = b.offerGoal(at, o.Offer, goal)
	override.From, override.Until = readWindow(&b.findings, at, o.From, o.Until)
	return override
}

// readWindow reads from and until as unix seconds; 0 is open.
func readWindow(f *findings, at *path, from, until *metav1.Time) (start, end int64) {
	if !from.IsZero() && !until.IsZero() && !from.Before(until) {
		untilAt := at.dot("until")
		f.invalid(&untilAt, "until must be later than from: from is inclusive, until exclusive")
	}
	return seconds(from), seconds(until)
}

// seconds is a moment as unix seconds. Zero means open in a record, so moments
// before 1970, before any conversion, become its first second.
func seconds(t *metav1.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return max(t.Unix(), 1)
}

// compareOverrides is the order of a record: by offer and goal, and then as
// pricing considers them: the latest from first (none is the earliest), then by name.
func compareOverrides(a, b snapshot.Override) int {
	return cmp.Or(
		strings.Compare(a.Offer, b.Offer),
		strings.Compare(a.Goal, b.Goal),
		cmp.Compare(b.From, a.From),
		strings.Compare(a.Name, b.Name),
	)
}
