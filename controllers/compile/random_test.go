package compile

import (
	"fmt"
	"math/rand/v2"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/api/v1alpha1"
)

// universe makes random objects out of few names and values, right and wrong
// ones, so that they meet, refer to each other and conflict all the time.
type universe struct {
	*rand.Rand
	uids int
	// hours is the time since start; every fourth edit or so it moves on.
	hours int
}

func (u *universe) pick(words ...string) string { return words[u.IntN(len(words))] }

// rarely returns the word in one case of ten, else nothing.
func (u *universe) rarely(word string) string {
	if u.IntN(10) == 0 {
		return word
	}
	return ""
}

func (u *universe) name() string    { return u.pick("a", "b", "c", "d") }
func (u *universe) network() string { return u.pick("one", "one", "one", "two", "three") }

func (u *universe) names() []string {
	var names []string
	for range u.IntN(3) {
		names = append(names, u.name())
	}
	return names
}

func (u *universe) now() time.Time { return start.Add(time.Duration(u.hours) * time.Hour) }

// object makes an object: a new one, or a new generation of old.
func (u *universe) object(kind snapshot.Kind, network, name string, old v1alpha1.Object) v1alpha1.Object {
	object := newObject(kind.String())
	object.SetNamespace(network)
	object.SetName(name)
	if old != nil && u.IntN(6) > 0 {
		object.SetUID(old.GetUID())
		object.SetGeneration(old.GetGeneration() + 1)
		object.SetCreationTimestamp(old.GetCreationTimestamp())
	} else {
		u.uids++
		object.SetUID(types.UID(fmt.Sprintf("u%d", u.uids)))
		object.SetGeneration(1)
		if u.IntN(4) > 0 {
			object.SetCreationTimestamp(metav1.Time{Time: start.Add(time.Duration(u.IntN(5)) * time.Minute)})
		}
	}
	if u.IntN(8) == 0 {
		object.SetUID("") // as it is without an API server
	}
	u.fill(object)
	return object
}

func (u *universe) fill(object v1alpha1.Object) {
	switch o := object.(type) {
	case *v1alpha1.Network:
		u.fillNetwork(&o.Spec)
	case *v1alpha1.Advertiser:
		o.Spec = v1alpha1.AdvertiserSpec{Title: u.title(), PostbackKeySecretRef: u.secretRef(), BlockedPartners: u.names()}
	case *v1alpha1.Partner:
		u.fillPartner(&o.Spec)
	case *v1alpha1.Offer:
		u.fillOffer(&o.Spec)
	case *v1alpha1.Goal:
		o.Spec = v1alpha1.GoalSpec{
			OfferRef: v1alpha1.ObjectRef{Name: u.name()}, Value: u.goalValue(), Title: u.title(), GoalSettings: u.goalSettings(),
		}
	case *v1alpha1.PartnerPayout:
		u.fillPartnerPayout(&o.Spec)
	case *v1alpha1.PayoutStructure:
		o.Spec.Rules = []v1alpha1.PayoutRule{{Name: u.title(), Partners: u.names(), Payout: u.terms()}}
	}
}

func (u *universe) title() string { return u.pick("A", "B", "Default", "!", "C", "D", u.rarely("")) }

func (u *universe) secretRef() *v1alpha1.SecretKeyRef {
	if u.IntN(4) > 0 {
		return nil
	}
	return &v1alpha1.SecretKeyRef{Name: u.pick("s", "t"), Key: u.pick("k", "l")}
}

func (u *universe) toggle() v1alpha1.Toggle {
	return v1alpha1.Toggle(u.pick("", "", "", "Enabled", "Disabled", u.rarely("Odd")))
}

func (u *universe) url() v1alpha1.URL {
	return v1alpha1.URL(u.pick("https://x.example/?c={sub1}", "https://y.example/", "https://z.example/", u.rarely("https://x.example/{no}")+"https://v.example/"))
}

func (u *universe) fillNetwork(spec *v1alpha1.NetworkSpec) {
	spec.Title = u.title()
	spec.Currency = v1alpha1.Currency(u.pick("", "USD", "EUR", u.rarely("x")))
	spec.Goals, spec.ConversionApproval = u.toggle(), u.toggle()
	spec.PostbackKeySecretRef = u.secretRef()
	for range u.IntN(3) {
		spec.TrackingDomains = append(spec.TrackingDomains, u.pick("p.example", "q.example", "r.example"))
	}
}

func (u *universe) fillPartner(spec *v1alpha1.PartnerSpec) {
	spec.Title, spec.TrackingID, spec.BlockedOffers = u.title(), u.trackingID(), u.names()
	for i := range u.IntN(3) {
		spec.Postbacks = append(spec.Postbacks, v1alpha1.PartnerPostback{
			Name: fmt.Sprint("p", i), URL: u.url(), Offer: u.pick("", u.name()), Goal: u.pick("", u.goalValue()),
		})
	}
}

func (u *universe) trackingID() string {
	return u.pick("", "", "1", "2", "3", u.name(), u.rarely("x y"))
}

func (u *universe) fillOffer(spec *v1alpha1.OfferSpec) {
	*spec = v1alpha1.OfferSpec{
		TrackingID: u.trackingID(), Title: u.title(), AdvertiserRef: v1alpha1.ObjectRef{Name: u.name()},
		DestinationURL: u.url(), Goals: u.toggle(), PostbackKeySecretRef: u.secretRef(),
		Attribution: &v1alpha1.OfferAttribution{ClickLookbackHours: int32(u.IntN(3) * 700)},
	}
	if u.IntN(3) > 0 {
		spec.DefaultGoal = &v1alpha1.DefaultGoal{Title: u.title(), GoalSettings: u.goalSettings()}
	}
	if u.IntN(4) == 0 {
		spec.Caps = []v1alpha1.Cap{{Name: "c", Metric: "Conversions", Window: "Day", Limit: "5", Goal: u.goalValue()}}
	}
}

func (u *universe) goalValue() string { return u.pick("x", "X", "y", "z", "2", u.rarely("1")+"3") }

func (u *universe) goalSettings() v1alpha1.GoalSettings {
	return v1alpha1.GoalSettings{
		Slug: u.pick("", "", "s", "S", "t"), RefID: u.pick("", "", "", "r", "R"), Payout: u.payout(), Revenue: u.payout(),
		Visibility: v1alpha1.GoalVisibility(u.pick("", "", "", "Private")), Approval: v1alpha1.GoalApproval(u.pick("", "Manual")),
		State: v1alpha1.GoalState(u.pick("", "", "Deleted")),
	}
}

func (u *universe) payout() *v1alpha1.Payout {
	switch u.IntN(4) {
	case 0:
		return &v1alpha1.Payout{Flat: v1alpha1.Amount(u.pick("1", "2.50", u.rarely("x")))}
	case 1:
		return &v1alpha1.Payout{Structure: u.name()}
	}
	return nil
}

func (u *universe) terms() *v1alpha1.PayoutTerms {
	return &v1alpha1.PayoutTerms{Flat: v1alpha1.Amount(u.pick("1", "2", u.rarely("-1")))}
}

func (u *universe) fillPartnerPayout(spec *v1alpha1.PartnerPayoutSpec) {
	spec.PartnerRef.Name = u.name()
	for i := range u.IntN(4) {
		spec.Overrides = append(spec.Overrides, v1alpha1.PayoutOverride{
			Name: fmt.Sprint("o", i), Offer: u.name(), Goal: u.pick("", u.goalValue()), Payout: u.terms(),
		})
	}
}

// secret returns random data of a Secret.
func (u *universe) secret() map[string][]byte {
	data := map[string][]byte{}
	for _, key := range []string{"k", "l"} {
		if u.IntN(3) > 0 {
			data[key] = []byte(u.pick("key", "old\nnew", "\n"))
		}
	}
	return data
}
