package compile

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"reflect"
	"slices"
	"strconv"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/api/v1alpha1"
)

// objectKey names an object of a model.
type objectKey struct {
	kind          snapshot.Kind
	network, name string
}

// model is what a Compiler should know: the objects and Secrets alone.
type model struct {
	objects map[objectKey]v1alpha1.Object
	secrets map[[2]string]map[string][]byte
}

// TestIncrementalEqualsFromScratch edits at random, and after every compilation
// compares with a new world that gets the same objects in another order, and the
// records that were there before.
func TestIncrementalEqualsFromScratch(t *testing.T) {
	runs := 200
	if testing.Short() {
		runs = 30
	}
	first := 0
	if v := os.Getenv("SEED"); v != "" {
		first, _ = strconv.Atoi(v)
		runs = first + 1
	}
	for seed := first; seed < runs; seed++ {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			editAtRandom(t, uint64(seed), 60)
		})
	}
}

func editAtRandom(t *testing.T, seed uint64, rounds int) {
	u := &universe{Rand: rand.New(rand.NewPCG(seed, 7))}
	m := &model{objects: map[objectKey]v1alpha1.Object{}, secrets: map[[2]string]map[string][]byte{}}
	w := newTestCompiler(seed)
	published := map[snapshot.Key]*snapshot.Record{}
	var list []*snapshot.Record
	for round := range rounds {
		for range 1 + u.IntN(4) {
			m.edit(t, u, w)
		}
		before := slices.Collect(maps.Values(published))
		delta := w.Compile(u.now())
		apply(t, published, delta)
		list = delta.Apply(list)
		checkList(t, w, list)
		scratch := m.fromScratch(t, u, seed, before)
		if diff := compareCompilers(t, w, scratch, m); diff != "" {
			t.Fatalf("round %d: incremental (-) and from scratch (+) differ:\n%s", round, diff)
		}
		checkPublished(t, w, published)
		checkInvariants(t, published)
		if again := w.Compile(u.now()); len(again.Upserted)+len(again.Removed)+len(again.Verdicts) > 0 {
			t.Fatalf("round %d: compiling again changes %+v", round, again)
		}
	}
}

// newTestCompiler returns a world; in every third the hashes of tracking ids collide.
func newTestCompiler(seed uint64) *Compiler {
	w := New(testOptions)
	if seed%3 == 0 {
		weak := func(_, id string) uint64 { return uint64(len(id)) }
		w.hashes = map[snapshot.Kind]hash{snapshot.KindOffer: weak, snapshot.KindPartner: weak}
	}
	return w
}

// edit changes one object or Secret, or lets time pass.
func (m *model) edit(t *testing.T, u *universe, w *Compiler) {
	switch n := u.IntN(20); {
	case n == 0:
		u.hours += u.IntN(900)
	case n == 1:
		key := [2]string{u.network(), u.pick("s", "t")}
		m.secrets[key] = u.secret()
		w.SetSecret(key[0], key[1], m.secrets[key])
	case n == 2:
		key := [2]string{u.network(), u.pick("s", "t")}
		delete(m.secrets, key)
		w.DeleteSecret(key[0], key[1])
	case n < 7 && len(m.objects) > 0:
		key := m.any(u)
		delete(m.objects, key)
		w.Delete(key.kind, key.network, key.name)
	default:
		key := objectKey{snapshot.Kind(1 + u.IntN(7)), u.network(), u.name()}
		m.objects[key] = u.object(key.kind, key.network, key.name, m.objects[key])
		if err := w.Upsert(m.objects[key]); err != nil {
			t.Fatal(err)
		}
	}
}

func (m *model) any(u *universe) objectKey {
	keys := m.keys()
	return keys[u.IntN(len(keys))]
}

func (m *model) keys() []objectKey {
	keys := slices.Collect(maps.Keys(m.objects))
	slices.SortFunc(keys, func(a, b objectKey) int {
		return snapshot.Key{Kind: a.kind, Network: a.network, ID: a.name}.Compare(snapshot.Key{Kind: b.kind, Network: b.network, ID: b.name})
	})
	return keys
}

// fromScratch compiles everything in a new world, in random order.
func (m *model) fromScratch(t *testing.T, u *universe, seed uint64, before []*snapshot.Record) *Compiler {
	w := newTestCompiler(seed)
	steps := []func(){func() {
		if err := w.LoadPrevious(before); err != nil {
			t.Fatal(err)
		}
	}}
	for _, key := range m.keys() {
		steps = append(steps, func() {
			if err := w.Upsert(m.objects[key]); err != nil {
				t.Fatal(err)
			}
		})
	}
	for key, data := range m.secrets {
		steps = append(steps, func() { w.SetSecret(key[0], key[1], data) })
	}
	u.Shuffle(len(steps), func(i, j int) { steps[i], steps[j] = steps[j], steps[i] })
	for _, step := range steps {
		step()
	}
	w.Compile(u.now())
	return w
}

// compareCompilers returns in what records and verdicts differ.
func compareCompilers(t *testing.T, a, b *Compiler, m *model) string {
	if !slices.Equal(a.Networks(), b.Networks()) {
		return fmt.Sprintf("networks %v, %v", a.Networks(), b.Networks())
	}
	for _, key := range m.keys() {
		va, oka := a.Verdict(key.kind, key.network, key.name)
		vb, okb := b.Verdict(key.kind, key.network, key.name)
		if !oka || !okb || !reflect.DeepEqual(va, vb) {
			return fmt.Sprintf("%v\n%s", key, difference(t, va, vb))
		}
	}
	for _, network := range a.Networks() {
		if diff := compareRecordLists(t, a.Records(network), b.Records(network)); diff != "" {
			return diff
		}
	}
	return ""
}

func compareRecordLists(t *testing.T, a, b []*snapshot.Record) string {
	inB := map[snapshot.Key]*snapshot.Record{}
	for _, r := range b {
		inB[r.Key()] = r
	}
	for _, r := range a {
		other := inB[r.Key()]
		delete(inB, r.Key())
		if !reflect.DeepEqual(r, other) {
			return fmt.Sprintf("%v\n%s", r.Key(), difference(t, r, other))
		}
	}
	for key := range inB {
		return fmt.Sprintf("%v only from scratch", key)
	}
	return ""
}

func difference(t *testing.T, a, b any) string {
	ya, errA := yaml.Marshal(a)
	yb, errB := yaml.Marshal(b)
	if errA != nil || errB != nil {
		t.Fatal(errA, errB)
	}
	return fmt.Sprintf("%s\n%s\n%s", firstDifference(ya, yb), ya, yb)
}

// apply does to records what a delta says.
func apply(t *testing.T, published map[snapshot.Key]*snapshot.Record, delta Delta) {
	for _, key := range delta.Removed {
		if published[key] == nil {
			t.Errorf("%v is removed but was not there", key)
		}
		delete(published, key)
	}
	for _, r := range delta.Upserted {
		if reflect.DeepEqual(published[r.Key()], r) {
			t.Errorf("%v is reported but did not change", r.Key())
		}
		published[r.Key()] = r
	}
}

// checkPublished compares what the deltas added up to with what the world holds.
func checkPublished(t *testing.T, w *Compiler, published map[snapshot.Key]*snapshot.Record) {
	count := 0
	for _, network := range w.Networks() {
		for _, r := range w.Records(network) {
			count++
			if !reflect.DeepEqual(published[r.Key()], r) {
				t.Fatalf("%v differs from what was reported", r.Key())
			}
		}
	}
	if count != len(published) {
		t.Fatalf("%d records, but %d were reported", count, len(published))
	}
}

// checkList compares a list that followed the deltas with what the world holds: the
// same pointers, but for records that were made again with equal content.
func checkList(t *testing.T, w *Compiler, list []*snapshot.Record) {
	var all []*snapshot.Record
	for _, network := range w.Networks() {
		all = append(all, w.Records(network)...)
	}
	if !slices.EqualFunc(list, all, func(a, b *snapshot.Record) bool { return a == b || reflect.DeepEqual(a, b) }) {
		t.Fatalf("%d records followed the deltas, and differ from the %d that are there", len(list), len(all))
	}
}

// checkInvariants checks what trackers rely on.
func checkInvariants(t *testing.T, published map[snapshot.Key]*snapshot.Record) {
	networks, names := map[string]int{}, map[objectKey]bool{}
	goals := map[string]bool{}
	for key, r := range published {
		names[objectKey{r.Kind, r.Network, r.Name}] = true
		if r.NetworkBody != nil {
			networks[r.Network]++
		}
		if g := r.Goal; g != nil {
			for _, claim := range []string{"value " + fold(g.Value), "slug " + fold(g.Slug)} {
				claim = r.Network + "/" + g.Offer + " " + claim
				if goals[claim] && g.Slug != "" {
					t.Errorf("%v: %s twice", key, claim)
				}
				goals[claim] = true
			}
		}
		if _, err := snapshot.EncodeShard([]*snapshot.Record{r}); err != nil {
			t.Error(err)
		}
	}
	for key, r := range published {
		if networks[r.Network] != 1 {
			t.Errorf("%v: its network has %d records", key, networks[r.Network])
		}
		for _, use := range namedBy(r) {
			if !names[objectKey{use.kind, r.Network, use.name}] {
				t.Errorf("%v names %v, which is not there", key, use)
			}
		}
		if r.Goal != nil && !names[objectKey{snapshot.KindOffer, r.Network, r.Goal.Offer}] {
			t.Errorf("%v: its offer is not there", key)
		}
	}
}

func fold(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 32
		}
	}
	return string(b)
}
