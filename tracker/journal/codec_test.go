package journal

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/fxamacker/cbor/v2"
	"github.com/waypost/waypost/api/money"
	"github.com/waypost/waypost/api/pricing"
	"github.com/waypost/waypost/api/snapshot"
)

var testHeader = Header{Writer: "tracker-1", BootID: BootID{1, 2, 3}, Sequence: 7, Reply: "waypost.verdicts.x"}

func encodeTest(t testing.TB, entries ...Entry) []byte {
	t.Helper()
	data, err := EncodeBatch(testHeader, entries)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func decodeTest(t testing.TB, data []byte) *Batch {
	t.Helper()
	b, err := DecodeBatch(data)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// The hand-written encoder must agree with the library, which reads the struct
// tags: filled and half filled values, both ways.
func TestHandWrittenEncodersAgreeWithTheLibrary(t *testing.T) {
	rnd := testRand(t)
	for i := range 300 {
		click, impression, context := random[Click](rnd, "Context"), random[Impression](rnd, "Context"), random[Context](rnd)
		if i > 0 {
			thin(reflect.ValueOf(click).Elem(), rnd)
			thin(reflect.ValueOf(impression).Elem(), rnd)
			thin(reflect.ValueOf(context).Elem(), rnd)
		}
		agrees(t, appendClick(nil, click), click)
		agrees(t, appendImpression(nil, impression), impression)
		agrees(t, appendContext(nil, context, context.Config), context)
	}
}

func agrees[T any](t *testing.T, data []byte, want *T) {
	t.Helper()
	byLibrary, err := encMode.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range [][]byte{data, byLibrary} {
		got := new(T)
		if err := decMode.Unmarshal(d, got); err != nil {
			t.Fatalf("%v in %x", err, d)
		}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("got  %+v\nwant %+v", got, want)
		}
	}
}

func randomEntries(rnd *rand.Rand, n int) []Entry {
	contexts := []*Context{nil, random[Context](rnd), random[Context](rnd)}
	terms := []*Terms{nil, random[Terms](rnd), random[Terms](rnd)}
	out := make([]Entry, n)
	for i := range out {
		switch rnd.IntN(5) {
		case 0:
			out[i].Click = random[Click](rnd, "Context")
			out[i].Click.Context = contexts[rnd.IntN(3)]
		case 1:
			out[i].Impression = random[Impression](rnd, "Context")
			out[i].Impression.Context = contexts[rnd.IntN(3)]
		case 2:
			out[i].Postback = random[Postback](rnd, "Terms")
			out[i].Postback.Terms = terms[rnd.IntN(3)]
		case 3:
			out[i].Moderation = random[Moderation](rnd)
		case 4:
			out[i].Tick = random[Tick](rnd)
		}
	}
	return out
}

func TestBatchRoundTrip(t *testing.T) {
	rnd := testRand(t)
	for range 50 {
		want := randomEntries(rnd, 1+rnd.IntN(60))
		got := decodeTest(t, encodeTest(t, want...))
		h := testHeader
		h.Version = firstVersion
		for i := range want {
			h.Version = max(h.Version, want[i].format())
		}
		if got.Header != h {
			t.Fatalf("header %+v, want %+v", got.Header, h)
		}
		if !reflect.DeepEqual(got.Entries, want) {
			t.Fatal("entries differ")
		}
	}
}

// Every item must be an item of its own, so that any CBOR tool reads a batch.
func TestBatchIsACBORSequence(t *testing.T) {
	data := encodeTest(t, randomEntries(testRand(t), 30)...)
	dec := cbor.NewDecoder(bytes.NewReader(data))
	for n := 0; dec.NumBytesRead() < len(data); n++ {
		if err := dec.Skip(); err != nil {
			t.Fatalf("item %d: %v", n, err)
		}
	}
}

func TestSharedConfigurationIsWrittenOnce(t *testing.T) {
	same := &Context{Offer: "shoes", Config: "sha256:1"}
	other := &Context{Offer: "hats", Config: "sha256:1"}
	terms := &Terms{Offer: OfferTerms{Name: "shoes"}}
	click := func(c *Context) Entry { return Entry{Click: &Click{Traffic: Traffic{Context: c}}} }
	data := encodeTest(t, click(same), click(other), click(same), click(same),
		Entry{Impression: &Impression{Traffic: Traffic{Context: same}}},
		Entry{Postback: &Postback{Terms: terms}}, Entry{Postback: &Postback{Terms: &Terms{Offer: OfferTerms{Name: "shoes"}}}})
	kinds := make(map[uint64]int)
	for rest := skipHeader(t, data); len(rest) > 0; {
		var it struct {
			_    struct{} `cbor:",toarray"`
			Kind uint64
			Ref  uint64
			Body cbor.RawMessage
		}
		var err error
		if rest, err = decMode.UnmarshalFirst(rest, &it); err != nil {
			t.Fatal(err)
		}
		kinds[it.Kind]++
	}
	want := map[uint64]int{itemContext: 2, itemTerms: 1, itemClick: 4, itemImpression: 1, itemPostback: 2}
	if !reflect.DeepEqual(kinds, want) {
		t.Fatalf("items by kind %v, want %v", kinds, want)
	}
	e := decodeTest(t, data).Entries
	if e[0].Click.Context != e[2].Click.Context || e[0].Click.Context != e[4].Impression.Context || e[5].Postback.Terms != e[6].Postback.Terms {
		t.Fatal("entries that shared their configuration do not share it after decoding")
	}
	if e[1].Click.Context.Offer == e[0].Click.Context.Offer {
		t.Fatal("two configurations became one")
	}
}

func skipHeader(t *testing.T, data []byte) []byte {
	t.Helper()
	var h Header
	rest, err := decMode.UnmarshalFirst(data, &h)
	if err != nil {
		t.Fatal(err)
	}
	return rest
}

// A rolled back entry must leave no trace: not even the configuration that it
// alone defined, which later entries would refer to.
func TestRollback(t *testing.T) {
	rnd := testRand(t)
	for range 200 {
		entries := randomEntries(rnd, 20)
		e := newEncoder()
		if err := e.begin(testHeader); err != nil {
			t.Fatal(err)
		}
		var want []Entry
		for _, x := range entries {
			m := e.mark()
			if err := e.entry(x); err != nil {
				t.Fatal(err)
			}
			if rnd.IntN(3) == 0 {
				e.rollback(m)
				continue
			}
			want = append(want, x)
		}
		if e.entries != len(want) {
			t.Fatalf("%d entries, want %d", e.entries, len(want))
		}
		if got := decodeTest(t, e.buf); !reflect.DeepEqual(got.Entries, want) {
			t.Fatal("entries differ after rollbacks")
		}
	}
}

func TestEncoderIsReusable(t *testing.T) {
	rnd := testRand(t)
	e := newEncoder()
	for range 20 {
		want := randomEntries(rnd, 10)
		if err := e.begin(testHeader); err != nil {
			t.Fatal(err)
		}
		for _, x := range want {
			if err := e.entry(x); err != nil {
				t.Fatal(err)
			}
		}
		if got := decodeTest(t, e.buf); !reflect.DeepEqual(got.Entries, want) {
			t.Fatal("entries of an earlier batch show")
		}
	}
}

func TestEmptyEntryIsRefused(t *testing.T) {
	if _, err := EncodeBatch(testHeader, []Entry{{}}); err == nil {
		t.Fatal("an empty entry was encoded")
	}
}

func TestNewerItemsAndFieldsArePassedOver(t *testing.T) {
	data := encodeTest(t, Entry{Tick: &Tick{At: 1}})
	for _, v := range []any{
		[]any{uint64(5), uint64(1), "a definition of later"},
		[]any{uint64(99), uint64(3), map[int]any{1: "an entry of later"}},
		[]any{uint64(itemTick), uint64(0), map[int]any{1: 2, 77: []string{"a field of later"}}},
	} {
		item, err := encMode.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		data = append(data, item...)
	}
	got := decodeTest(t, data).Entries
	want := []Entry{{Tick: &Tick{At: 1}}, {}, {Tick: &Tick{At: 2}}}
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("got %+v, want %+v: an unknown entry must keep the indexes of the others", got, want)
	}
}

func TestDecodeBatchRefuses(t *testing.T) {
	header := func(h Header) []byte {
		data, err := encMode.Marshal(h)
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	good := header(Header{Version: 1, Sequence: 1})
	ticks := good
	for range MaxBatchEntries + 1 {
		ticks = append(ticks, 0x83, itemTick, 0, 0xa0)
	}
	nested := append(bytes.Clone(good), 0x83, itemTick, 0)
	nested = append(nested, bytes.Repeat([]byte{0x81}, 1000)...)
	nested = append(nested, 0)
	zeros, err := deflate(make([]byte, MaxBatchBytes+1))
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		data []byte
		want error
	}{
		"nothing":                 {nil, ErrMalformed},
		"no header":               {[]byte("hello"), ErrMalformed},
		"no version":              {header(Header{Sequence: 1}), ErrMalformed},
		"no sequence":             {header(Header{Version: 1}), ErrMalformed},
		"newer version":           {header(Header{Version: formatVersion + 1, Sequence: 1}), ErrUnsupported},
		"newer, other contents":   {append(header(Header{Version: formatVersion + 1, Sequence: 1}), 0xff), ErrUnsupported},
		"cut off":                 {append(bytes.Clone(good), 0x83, itemTick), ErrMalformed},
		"no such definition":      {append(bytes.Clone(good), 0x83, itemClick, 1, 0xa0), ErrMalformed},
		"definition out of order": {append(bytes.Clone(good), 0x83, itemContext, 2, 0xa0), ErrMalformed},
		"too many entries":        {ticks, ErrMalformed},
		"nested too deeply":       {nested, ErrMalformed},
		"too large":               {make([]byte, MaxBatchBytes+1), ErrMalformed},
		"too large inside":        {zeros, ErrMalformed},
		"too large when unpacked": {pack(nil, make([]byte, MaxBatchBytes+1)), ErrMalformed},
		"damaged packing":         {append(bytes.Clone(s2Magic), 0x05, 0xff, 0xff), ErrMalformed},
		"packed nothing":          {bytes.Clone(s2Magic), ErrMalformed},
		"damaged compression":     {append(bytes.Clone(zstdMagic), 1, 2, 3), ErrMalformed},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if b, err := DecodeBatch(test.data); !errors.Is(err, test.want) {
				t.Fatalf("got %+v, %v; want %v", b, err, test.want)
			}
		})
	}
}

func TestCompressedBatch(t *testing.T) {
	want := randomEntries(testRand(t), 100)
	small, err := deflate(encodeTest(t, want...))
	if err != nil {
		t.Fatal(err)
	}
	if got := decodeTest(t, small); !reflect.DeepEqual(got.Entries, want) {
		t.Fatal("entries differ")
	}
}

func TestPackedBatch(t *testing.T) {
	var buf []byte
	for _, n := range []int{1, 100, 10} { // the memory of a larger one is used again
		want := randomEntries(testRand(t), n)
		buf = pack(buf, encodeTest(t, want...))
		if got := decodeTest(t, bytes.Clone(buf)); !reflect.DeepEqual(got.Entries, want) {
			t.Fatalf("the entries of %d differ", n)
		}
	}
}

func TestVerdictsRoundTrip(t *testing.T) {
	want := *random[Verdicts](testRand(t), "Known")
	data, err := encodeVerdicts(want)
	if err != nil {
		t.Fatal(err)
	}
	got, err := decodeVerdicts(data)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Fatalf("got %+v, %v; want %+v", got, err, want)
	}
}

// A click must cost no memory but the batch's.
func TestClickEncodesWithoutAllocation(t *testing.T) {
	e := newEncoder()
	click := benchClick(&Context{Offer: "shoes"})
	if err := e.begin(testHeader); err != nil {
		t.Fatal(err)
	}
	e.buf = append(e.buf, make([]byte, 1<<20)...)[:len(e.buf)]
	e.click(click)
	if n := testing.AllocsPerRun(1000, func() { e.click(click) }); n != 0 {
		t.Fatalf("%v allocations a click", n)
	}
}

func FuzzDecodeBatch(f *testing.F) {
	// Small seeds: the fuzzer spends its time on minimising large ones.
	amount := money.Amount(12_500_000)
	context := &Context{Offer: "shoes", Payout: 1, Caps: []snapshot.Cap{{Name: "daily", Metric: snapshot.CapClicks}}}
	terms := &Terms{Goal: GoalTerms{Value: "2"}, Pricing: pricing.Terms{Payout: pricing.Side{Rules: repeatedRules(1)}}}
	for _, entries := range [][]Entry{
		{{Click: &Click{Traffic: Traffic{ID: "a", Context: context, Subs: [10]string{"", "b"}}}}, {Tick: &Tick{At: -1}}},
		{{Impression: &Impression{Traffic: Traffic{ID: "a"}, DestinationName: "main"}}},
		{{Postback: &Postback{ClickID: "a", Terms: terms, Amount: &amount, Params: []Param{{Name: "n", Value: "v"}}}}},
		{{Moderation: &Moderation{ConversionID: "c"}}},
	} {
		data, err := EncodeBatch(testHeader, entries)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
		small, err := deflate(data)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(small)
		f.Add(pack(nil, data))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		b, err := DecodeBatch(data)
		if err != nil {
			return
		}
		var known []Entry
		for _, x := range b.Entries {
			if x != (Entry{}) {
				known = append(known, x)
			}
		}
		// What decodes can be written again, and then reads the same.
		again, err := EncodeBatch(b.Header, known)
		if err != nil {
			t.Fatal(err)
		}
		if got := decodeTest(t, again); len(got.Entries) != len(known) {
			t.Fatalf("%d entries became %d", len(known), len(got.Entries))
		}
	})
}

func FuzzDecodeVerdicts(f *testing.F) {
	data, err := encodeVerdicts(Verdicts{Sequence: 1, Items: []VerdictItem{{Entry: 1, Verdict: Verdict{Verdict: "approved"}}}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Fuzz(func(t *testing.T, data []byte) {
		w := newWaits()
		x := w.add(1, 1)
		if v, err := decodeVerdicts(data); err == nil {
			w.verdicts(v)
		}
		w.remove(x)
	})
}
