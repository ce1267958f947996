package compile

import (
	"reflect"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/waypost/waypost/api/v1alpha1"
)

// TestEverySettingIsCompiled sets one field of a spec after the other to what no field
// allows. The record or the verdict must change: a field without any effect is one that
// the compiler does not read.
func TestEverySettingIsCompiled(t *testing.T) {
	meta := metav1.ObjectMeta{Name: "more", Namespace: "default", UID: "uid"}
	advertiser, offer, goal, partner, payout := shop()
	for _, object := range []v1alpha1.Object{
		advertiser, offer, goal, partner, payout,
		&v1alpha1.PayoutStructure{ObjectMeta: meta},
		&v1alpha1.Network{ObjectMeta: meta, Spec: v1alpha1.NetworkSpec{Title: "Shop"}},
	} {
		spec := reflect.ValueOf(object).Elem().FieldByName("Spec").Type()
		for _, field := range reflect.VisibleFields(spec) {
			if field.Anonymous {
				continue
			}
			w := openShop(t)
			upsert(t, w, object)
			w.Compile(start)
			changed := object.DeepCopyObject().(v1alpha1.Object)
			spoil(t, reflect.ValueOf(changed).Elem().FieldByName("Spec").FieldByIndex(field.Index))
			upsert(t, w, changed)
			if delta := w.Compile(start); len(delta.Upserted)+len(delta.Removed)+len(delta.Verdicts) == 0 {
				t.Errorf("%T: the compiler reads no %s", object, field.Name)
			}
		}
	}
}

// spoil gives a value what no schema allows.
func spoil(t *testing.T, v reflect.Value) {
	t.Helper()
	switch v.Kind() {
	case reflect.String:
		v.SetString(strings.Repeat("ä", 5000))
	case reflect.Int32, reflect.Int64:
		v.SetInt(1 << 30)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		spoil(t, v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		spoil(t, v.Index(0))
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Field(i); f.CanSet() && f.Kind() != reflect.Bool {
				spoil(t, f)
			}
		}
	default:
		t.Fatalf("no bad value of kind %s", v.Kind())
	}
}
