package compile

import (
	"reflect"
	"slices"
	"testing"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/api/v1alpha1"
)

// TestEveryGoalFieldIsCompiled holds buildGoal to the record: over the good goals
// below, each field of a snapshot.Goal and of its two sides takes a value that is
// not zero. A new field that no step fills is a red test.
func TestEveryGoalFieldIsCompiled(t *testing.T) {
	filled := map[string]bool{}
	for _, goal := range fullGoals() {
		b := &builder{namespace: New(testOptions).namespace("default")}
		note(filled, "", reflect.ValueOf(*buildGoal(b, goal)))
		if !b.accepted() {
			t.Errorf("a goal that should be good: %+v", b.problems)
		}
	}
	var missing []string
	for _, path := range fields("", reflect.TypeFor[snapshot.Goal]()) {
		if !filled[path] {
			missing = append(missing, path)
		}
	}
	if slices.Sort(missing); len(missing) > 0 {
		t.Errorf("buildGoal never fills %v", missing)
	}
}

// note enters the fields of a struct that are not zero.
func note(filled map[string]bool, prefix string, v reflect.Value) {
	for i := range v.NumField() {
		path := prefix + v.Type().Field(i).Name
		filled[path] = filled[path] || !v.Field(i).IsZero()
		if v.Field(i).Kind() == reflect.Struct {
			note(filled, path+".", v.Field(i))
		}
	}
}

// fields returns the paths of all fields of a struct.
func fields(prefix string, t reflect.Type) []string {
	var all []string
	for i := range t.NumField() {
		f := t.Field(i)
		all = append(all, prefix+f.Name)
		if f.Type.Kind() == reflect.Struct {
			all = append(all, fields(prefix+f.Name+".", f.Type)...)
		}
	}
	return all
}

// fullGoals returns good goals that together set every setting.
func fullGoals() []*v1alpha1.Goal {
	tiers := &v1alpha1.Payout{Type: v1alpha1.PayoutTypeFlatAndPercentage, Flat: "1", Percent: "2", Tiers: []v1alpha1.PayoutTier{{Tier: "gold", Flat: "3"}}}
	structure := &v1alpha1.Payout{Structure: "rules"}
	public := &v1alpha1.Goal{Spec: v1alpha1.GoalSpec{
		OfferRef: v1alpha1.ObjectRef{Name: "shoes"}, Value: "2", Title: "Purchase", EndPoint: v1alpha1.Enabled,
		GoalSettings: v1alpha1.GoalSettings{
			SlugAliases: []string{"sale"}, RefID: "r", State: v1alpha1.GoalStateDeleted, Protocol: v1alpha1.GoalProtocolImage,
			RecordAs: v1alpha1.GoalRecordClick, MultipleConversions: v1alpha1.Enabled, Approval: v1alpha1.GoalApprovalManual,
			EncryptedTracking: v1alpha1.EncryptedTrackingRequired, Payout: tiers, Revenue: tiers,
		},
	}}
	structured, private := public.DeepCopy(), public.DeepCopy()
	structured.Spec.Payout, structured.Spec.Revenue = structure, structure
	private.Spec.Visibility, private.Spec.Payout = v1alpha1.GoalVisibilityPrivate, nil
	return []*v1alpha1.Goal{public, structured, private}
}
