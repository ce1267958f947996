package compile

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/api/v1alpha1"
)

// market is a network of realistic size: offers with a default goal and two more,
// and five overrides an offer, 500 in an object.
type market struct {
	objects []v1alpha1.Object
	goals   []*v1alpha1.Goal
	payouts []*v1alpha1.PartnerPayout
	offers  []*v1alpha1.Offer
}

func newMarket(offers int) *market {
	m := &market{}
	m.add(&v1alpha1.Network{Spec: v1alpha1.NetworkSpec{Title: "Market"}}, "market")
	for i := range 20 {
		m.add(&v1alpha1.Advertiser{Spec: v1alpha1.AdvertiserSpec{Title: "A"}}, fmt.Sprint("advertiser-", i))
	}
	for i := range offers {
		m.addOffer(i)
	}
	for i := range max(offers/100, 1) {
		m.addPartner(i, offers)
	}
	return m
}

func (m *market) add(object v1alpha1.Object, name string) {
	object.SetNamespace("default")
	object.SetName(name)
	object.SetUID(types.UID("uid-" + name))
	object.SetGeneration(1)
	object.SetCreationTimestamp(metav1.Time{Time: start.Add(time.Duration(len(m.objects)) * time.Second)})
	m.objects = append(m.objects, object)
}

func (m *market) addOffer(i int) {
	name := fmt.Sprint("offer-", i)
	offer := &v1alpha1.Offer{Spec: v1alpha1.OfferSpec{
		TrackingID: fmt.Sprint(1000 + i), Title: "Offer", AdvertiserRef: v1alpha1.ObjectRef{Name: fmt.Sprint("advertiser-", i%20)},
		DestinationURL: "https://shop.example/landing?cid={clickid}&s={sub1}", FallbackURL: "https://shop.example/sale",
		Caps: []v1alpha1.Cap{{Name: "daily", Metric: "Conversions", Window: "Day", Limit: "1000", Goal: "2"}},
	}}
	m.add(offer, name)
	m.offers = append(m.offers, offer)
	for _, value := range []string{"2", "3"} {
		goal := &v1alpha1.Goal{Spec: v1alpha1.GoalSpec{
			OfferRef: v1alpha1.ObjectRef{Name: name}, Value: value, Title: "Goal " + value,
			GoalSettings: v1alpha1.GoalSettings{Payout: &v1alpha1.Payout{Flat: "1.00"}, Revenue: &v1alpha1.Payout{Flat: "2.00"}},
		}}
		m.add(goal, name+"-"+value)
		m.goals = append(m.goals, goal)
	}
}

func (m *market) addPartner(i, offers int) {
	name := fmt.Sprint("partner-", i)
	m.add(&v1alpha1.Partner{Spec: v1alpha1.PartnerSpec{Title: "P"}}, name)
	payout := &v1alpha1.PartnerPayout{Spec: v1alpha1.PartnerPayoutSpec{PartnerRef: v1alpha1.ObjectRef{Name: name}}}
	for k := range 500 {
		payout.Spec.Overrides = append(payout.Spec.Overrides, v1alpha1.PayoutOverride{
			Name: fmt.Sprint("o", k), Offer: fmt.Sprint("offer-", (i*100+k*7)%offers), Goal: "2", Payout: &v1alpha1.PayoutTerms{Flat: "1.40"},
		})
	}
	m.add(payout, name)
	m.payouts = append(m.payouts, payout)
}

func (m *market) compile(tb testing.TB) *Compiler {
	w := New(Options{Keys: testKeys(1)})
	for _, object := range m.objects {
		if err := w.Upsert(object); err != nil {
			tb.Fatal(err)
		}
	}
	delta := w.Compile(start)
	for i := range delta.Verdicts {
		if v := &delta.Verdicts[i]; !v.Current {
			tb.Fatalf("%+v", v)
		}
	}
	return w
}

func BenchmarkFull(b *testing.B) {
	for _, offers := range []int{1000, 10000, 100000} {
		b.Run(fmt.Sprintf("offers=%d", offers), func(b *testing.B) {
			m := newMarket(offers)
			b.ResetTimer()
			for b.Loop() {
				m.compile(b)
			}
		})
	}
}

// BenchmarkMemory reports what a world keeps beside the objects, which it shares
// with whoever gave them.
func BenchmarkMemory(b *testing.B) {
	m := newMarket(10000)
	before := heap()
	var w *Compiler
	for b.Loop() {
		w = m.compile(b)
	}
	b.ReportMetric(float64(heap()-before)/1e6, "MB-kept")
	runtime.KeepAlive(w)
}

func heap() uint64 {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}

// BenchmarkEdit measures one edit in a network of 10,000 offers.
func BenchmarkEdit(b *testing.B) {
	m := newMarket(10000)
	w := m.compile(b)
	generation := int64(1)
	edit := func(b *testing.B, object v1alpha1.Object, change func(i int)) {
		for i := 0; b.Loop(); i++ {
			generation++
			object.SetGeneration(generation)
			change(i)
			if err := w.Upsert(object); err != nil {
				b.Fatal(err)
			}
			if delta := w.Compile(start); len(delta.Upserted) == 0 {
				b.Fatal("nothing changed")
			}
		}
	}
	b.Run("goal payout", func(b *testing.B) {
		edit(b, m.goals[500], func(i int) { m.goals[500].Spec.Payout = &v1alpha1.Payout{Flat: v1alpha1.Amount(fmt.Sprint(i % 100))} })
	})
	b.Run("goal private", func(b *testing.B) {
		edit(b, m.goals[600], func(i int) {
			m.goals[600].Spec.Payout = nil
			m.goals[600].Spec.Visibility = []v1alpha1.GoalVisibility{"Public", "Private"}[i%2]
		})
	})
	b.Run("offer", func(b *testing.B) {
		edit(b, m.offers[500], func(i int) { m.offers[500].Spec.Title = fmt.Sprint("Offer ", i) })
	})
	b.Run("500 overrides", func(b *testing.B) {
		edit(b, m.payouts[50], func(i int) { m.payouts[50].Spec.Overrides[0].Payout.Flat = v1alpha1.Amount(fmt.Sprint(i % 100)) })
	})
	b.Run("network", func(b *testing.B) {
		network := m.objects[0].(*v1alpha1.Network)
		edit(b, network, func(i int) { network.Spec.Currency = []v1alpha1.Currency{"USD", "EUR"}[i%2] })
	})
}

// TestEditTouchesOnlyItself holds the incremental compilation to what it
// promises: of thousands of objects, one edit changes one record.
func TestEditTouchesOnlyItself(t *testing.T) {
	m := newMarket(300)
	w := m.compile(t)
	goal := m.goals[7].DeepCopy()
	goal.Generation++
	goal.Spec.Payout.Flat = "3"
	if err := w.Upsert(goal); err != nil {
		t.Fatal(err)
	}
	delta := w.Compile(start)
	if len(delta.Upserted) != 1 || delta.Upserted[0].Kind != snapshot.KindGoal || len(delta.Verdicts) != 1 || len(delta.Removed) != 0 {
		t.Errorf("one edit changed %d records and %d verdicts", len(delta.Upserted), len(delta.Verdicts))
	}
}
