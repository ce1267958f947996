package journal

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/waypost/waypost/api/pricing"
	"github.com/waypost/waypost/api/snapshot"
)

// populate sets every exported field of v, deeply, to a value that is not zero, so
// that a field the hand-written encoder forgets is missed. Fields in skip stay, and so
// does Traffic.Config, which is read as the Context's.
func populate(v reflect.Value, rnd *rand.Rand, skip map[string]bool) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			f := v.Type().Field(i)
			overriding := v.Type() == reflect.TypeFor[Traffic]() && f.Name == "Config"
			if f.IsExported() && !skip[f.Name] && !overriding {
				populate(v.Field(i), rnd, skip)
			}
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		populate(v.Elem(), rnd, skip)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1+rnd.IntN(3), 4))
		for i := range v.Len() {
			populate(v.Index(i), rnd, skip)
		}
	case reflect.Array:
		for i := range v.Len() {
			populate(v.Index(i), rnd, skip)
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		populate(key, rnd, skip)
		populate(value, rnd, skip)
		v.SetMapIndex(key, value)
	default:
		populateScalar(v, rnd)
	}
}

func populateScalar(v reflect.Value, rnd *rand.Rand) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(randomText(rnd))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		bits := 1 + rnd.IntN(v.Type().Bits()-1)
		n := int64(rnd.Uint64()>>(64-bits)) | 1
		if rnd.IntN(4) == 0 {
			n = -n
		}
		v.SetInt(n)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(rnd.Uint64()>>(64-v.Type().Bits()) | 1)
	default:
		panic(fmt.Sprintf("populate %s: say how", v.Kind()))
	}
}

// randomText has lengths around the borders of CBOR's heads, and bytes that are no text.
func randomText(rnd *rand.Rand) string {
	lengths := []int{1, 5, 23, 24, 60, 255, 256, 500}
	b := make([]byte, lengths[rnd.IntN(len(lengths))])
	for i := range b {
		b[i] = byte(' ' + rnd.IntN(95))
		if rnd.IntN(200) == 0 {
			b[i] = byte(rnd.IntN(256))
		}
	}
	return string(b)
}

// thin sets about half of the fields of a populated struct back to zero.
func thin(v reflect.Value, rnd *rand.Rand) {
	for i := range v.NumField() {
		if f := v.Field(i); f.Kind() == reflect.Struct {
			thin(f, rnd)
		} else if v.Type().Field(i).IsExported() && rnd.IntN(2) == 0 {
			f.SetZero()
		}
	}
}

func random[T any](rnd *rand.Rand, skip ...string) *T {
	x := new(T)
	left := make(map[string]bool)
	for _, s := range skip {
		left[s] = true
	}
	populate(reflect.ValueOf(x).Elem(), rnd, left)
	return x
}

func testRand(t testing.TB) *rand.Rand {
	t.Helper()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	return rand.New(rand.NewPCG(seed, 1))
}

// repeatedRules are rules that compress well, as real ones do.
func repeatedRules(n int) []pricing.Rule {
	rules := make([]pricing.Rule, n)
	for i := range rules {
		rules[i] = pricing.Rule{Name: fmt.Sprint("rule ", i), When: []snapshot.Condition{
			{Field: "sub2", Operator: snapshot.OpIn, Values: []string{"email", "push", "banner"}}}}
	}
	return rules
}
