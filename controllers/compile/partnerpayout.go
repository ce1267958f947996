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
	spec, overrides := &n.object.(*v1alpha1.PartnerPayout).Spec, root.dot("overrides")
	body := &snapshot.PartnerPayout{
		Partner:   b.object(root.dot("partnerRef").dot("name"), snapshot.KindPartner, spec.PartnerRef.Name),
		CreatedAt: n.created,
		Overrides: make([]snapshot.Override, 0, len(spec.Overrides)),
	}
	record.PartnerPayout = body
	b.atMost(overrides, len(spec.Overrides), maxOverrides)
	seen := make(map[string]bool, len(spec.Overrides))
	for i := range spec.Overrides {
		o, own := &spec.Overrides[i], b.entry()
		own.once(overrides.at(i), seen, "override", o.Name)
		if override := own.override(overrides.at(i), o); !b.refuse(o.Name, &own.findings) {
			body.Overrides = append(body.Overrides, override)
		}
	}
	slices.SortFunc(body.Overrides, compareOverrides)
}

// override reads one override. A private goal has none (S1-12), and without a goal it is
// for the default goal. A side that is not given stays absent: it is then priced as if
// there were no override (docs/payouts.md).
func (b *builder) override(at *path, o *v1alpha1.PayoutOverride) snapshot.Override {
	override := snapshot.Override{
		Name:    b.required(at.dot("name"), o.Name, maxTitle),
		Payout:  readSide(&b.findings, at.dot("payout"), o.Payout),
		Revenue: readSide(&b.findings, at.dot("revenue"), o.Revenue),
		Offer:   o.Offer,
		Goal:    b.offerGoal(at, o.Offer, cmp.Or(o.Goal, v1alpha1.DefaultGoalValue)),
	}
	override.From, override.Until = readWindow(&b.findings, at, o.From, o.Until)
	return override
}

// readWindow reads from and until as unix seconds; 0 is open.
func readWindow(f *findings, at *path, from, until *metav1.Time) (start, end int64) {
	if !from.IsZero() && !until.IsZero() && !from.Before(until) {
		f.invalid(at.dot("until"), "until must be later than from: from is inclusive, until exclusive")
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
