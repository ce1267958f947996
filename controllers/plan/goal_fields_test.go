package plan

import (
	"reflect"
	"slices"
	"testing"

	"github.com/waypost/waypost/api/snapshot"
)

// unplanned are the fields of a goal that change neither money nor links: offer and value
// are never changed, a title is only shown, and one more alias breaks nothing.
var unplanned = []string{"Offer", "Value", "Title", "SlugAliases"}

// A change of any other field of a goal is in the plan.
func TestEveryGoalFieldIsPlanned(t *testing.T) {
	for _, field := range reflect.VisibleFields(reflect.TypeFor[snapshot.Goal]()) {
		if field.Anonymous {
			continue
		}
		changed := shoes(t)
		vary(t, reflect.ValueOf(find(changed, snapshot.KindGoal).Goal).Elem().FieldByIndex(field.Index))
		planned := len(Diff(shoes(t), changed, now)) > 0
		if planned == slices.Contains(unplanned, field.Name) {
			t.Errorf("a change of %s is in the plan: %v; add a line in goal, or the field to unplanned", field.Name, planned)
		}
	}
}

// vary sets a field to another value.
func vary(t *testing.T, v reflect.Value) {
	t.Helper()
	switch v.Kind() {
	case reflect.Struct:
		vary(t, v.Field(0))
	case reflect.Slice:
		v.Set(reflect.Append(v, reflect.Zero(v.Type().Elem())))
	case reflect.String:
		v.SetString(v.String() + "x")
	case reflect.Bool:
		v.SetBool(!v.Bool())
	case reflect.Uint8:
		v.SetUint(v.Uint() + 1)
	case reflect.Int64:
		v.SetInt(v.Int() + 1)
	default:
		t.Fatalf("no other value of kind %s", v.Kind())
	}
}
