package journal

import (
	"bytes"
	"math/rand/v2"
	"reflect"
	"testing"
)

// decodesAsTheLibrary decodes data by hand and by the library, and reports whether the
// hand could. Where it can both must agree.
func decodesAsTheLibrary[T any](t *testing.T, data []byte, byHand func(*cursor, *T) bool) bool {
	t.Helper()
	in, got, want := cursor{text: string(data)}, new(T), new(T)
	if !byHand(&in, got) {
		return false
	}
	rest, err := decMode.UnmarshalFirst(data, want)
	if err != nil || len(data)-len(rest) != in.at || !reflect.DeepEqual(got, want) {
		t.Fatalf("%x\nby hand    %+v, %d bytes\nby library %+v, %d bytes, %v", data, got, in.at, want, len(data)-len(rest), err)
	}
	return true
}

func clickByHand(in *cursor, c *Click) bool {
	return in.visit(&c.Traffic, [...]*string{&c.AimpID, nil, nil})
}

func impressionByHand(in *cursor, i *Impression) bool {
	return in.visit(&i.Traffic, [...]*string{nil, &i.DestinationName, &i.DestinationURL})
}

// What a Writer writes must be read by hand, and damaged bytes never otherwise than the
// library reads them.
func TestVisitsReadByHandAgreeWithTheLibrary(t *testing.T) {
	rnd := testRand(t)
	damaged := 0
	for i := range 2000 {
		click, impression := random[Click](rnd, "Context"), random[Impression](rnd, "Context")
		if i > 0 {
			thin(reflect.ValueOf(click).Elem(), rnd)
			thin(reflect.ValueOf(impression).Elem(), rnd)
		}
		c, d := appendClick(nil, click), appendImpression(nil, impression)
		if !decodesAsTheLibrary(t, c, clickByHand) || !decodesAsTheLibrary(t, d, impressionByHand) {
			t.Fatalf("not read by hand: %+v, %+v", click, impression)
		}
		for range 20 {
			if decodesAsTheLibrary(t, damage(c, rnd), clickByHand) {
				damaged++
			}
			if decodesAsTheLibrary(t, damage(d, rnd), impressionByHand) {
				damaged++
			}
		}
	}
	if damaged == 0 {
		t.Error("no damaged visit was read: the test says little")
	}
}

// damage changes one byte, most often near the beginning, where the heads are.
func damage(data []byte, rnd *rand.Rand) []byte {
	data = bytes.Clone(data)
	data[rnd.IntN(1+rnd.IntN(len(data)))] = byte(rnd.IntN(256))
	return data[:len(data)-rnd.IntN(2)*rnd.IntN(len(data))]
}

// A visit of a newer tracker has fields that this program does not know.
func TestVisitOfANewerWriter(t *testing.T) {
	context := &Context{Offer: "shoes"}
	for _, kind := range []uint64{itemClick, itemImpression} {
		body, err := encMode.Marshal(map[int]any{1: "id", 2: 5, 3: []string{"a"}, 8: "203.0.113.9", 77: "later"})
		if err != nil {
			t.Fatal(err)
		}
		data := encodeTest(t, Entry{Click: &Click{Traffic: Traffic{Context: context}}})
		data = append(append(data, majorArray|3, byte(kind), 1), body...)
		x := decodeTest(t, data).Entries[1]
		got := x.Click
		if kind == itemImpression {
			got = &Click{Traffic: x.Impression.Traffic}
		}
		want := Traffic{ID: "id", At: 5, Subs: [10]string{"a"}, IP: "203.0.113.9", Context: context}
		if !reflect.DeepEqual(got.Traffic, want) {
			t.Errorf("got %+v, want %+v", got.Traffic, want)
		}
	}
}
