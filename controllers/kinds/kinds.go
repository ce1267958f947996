// Package kinds is the table of the seven custom resources: what differs between them
// for code that treats them alike. A new kind is a row here; what a package does
// with one kind in particular stays in that package.
package kinds

import (
	"reflect"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/api/v1alpha1"
)

// Kind is one custom resource. Kinds are compared by their pointers and never changed.
type Kind struct {
	// Record is the kind of the records that its objects are compiled to.
	Record snapshot.Kind
	// Plural is the resource's name in URLs, such as "offers".
	Plural string

	object    reflect.Type // the struct, not the pointer
	status    func(v1alpha1.Object) any
	secretRef func(v1alpha1.Object) *v1alpha1.SecretKeyRef // nil: objects name no Secret
}

// all is the table, in the order of snapshot.Kind.
var all = []*Kind{
	define(snapshot.KindNetwork, "networks", func(o *v1alpha1.Network) any { return o.Status }).
		naming(func(o v1alpha1.Object) *v1alpha1.SecretKeyRef { return o.(*v1alpha1.Network).Spec.PostbackKeySecretRef }),
	define(snapshot.KindAdvertiser, "advertisers", func(o *v1alpha1.Advertiser) any { return o.Status }).
		naming(func(o v1alpha1.Object) *v1alpha1.SecretKeyRef {
			return o.(*v1alpha1.Advertiser).Spec.PostbackKeySecretRef
		}),
	define(snapshot.KindPartner, "partners", func(o *v1alpha1.Partner) any { return o.Status }),
	define(snapshot.KindOffer, "offers", func(o *v1alpha1.Offer) any { return o.Status }).
		naming(func(o v1alpha1.Object) *v1alpha1.SecretKeyRef { return o.(*v1alpha1.Offer).Spec.PostbackKeySecretRef }),
	define(snapshot.KindGoal, "goals", func(o *v1alpha1.Goal) any { return o.Status }),
	define(snapshot.KindPartnerPayout, "partnerpayouts", func(o *v1alpha1.PartnerPayout) any { return o.Status }),
	define(snapshot.KindPayoutStructure, "payoutstructures", func(o *v1alpha1.PayoutStructure) any { return o.Status }),
}

// byType and byName index the table.
var byType, byName = index()

// define makes a row of the table.
func define[T any, O interface {
	*T
	v1alpha1.Object
}](record snapshot.Kind, plural string, status func(O) any) *Kind {
	return &Kind{
		Record: record, Plural: plural, object: reflect.TypeFor[T](),
		status: func(o v1alpha1.Object) any { return status(o.(O)) },
	}
}

// naming adds the reference to a Secret that objects of the kind have.
func (k *Kind) naming(secretRef func(v1alpha1.Object) *v1alpha1.SecretKeyRef) *Kind {
	k.secretRef = secretRef
	return k
}

func index() (map[reflect.Type]*Kind, map[string]*Kind) {
	types, names := map[reflect.Type]*Kind{}, map[string]*Kind{}
	for _, k := range all {
		types[reflect.PointerTo(k.object)], names[k.Name()] = k, k
	}
	return types, names
}

// All returns the kinds in the order in which a listing shows them.
func All() []*Kind { return all[:len(all):len(all)] }

// Of returns the kind of an object, nil for an object of another API.
func Of(object any) *Kind { return byType[reflect.TypeOf(object)] }

// Named returns the kind of a name such as "Offer", nil if there is none.
func Named(name string) *Kind { return byName[name] }

// Recorded returns the kind of a record, nil if there is none.
func Recorded(record snapshot.Kind) *Kind {
	if record < 1 || int(record) > len(all) {
		return nil
	}
	return all[record-1]
}

// Name returns the kind's name in manifests, such as "Offer".
func (k *Kind) Name() string { return k.Record.String() }

// GVK returns the kind with its group and version.
func (k *Kind) GVK() schema.GroupVersionKind { return v1alpha1.GroupVersion.WithKind(k.Name()) }

// New returns an empty object of the kind.
func (k *Kind) New() v1alpha1.Object { return reflect.New(k.object).Interface().(v1alpha1.Object) }

// Status returns the whole status of an object of the kind, for comparing.
func (k *Kind) Status(object v1alpha1.Object) any { return k.status(object) }

// SecretRef returns the reference to the postback key of an object of the kind,
// nil if the object has none.
func (k *Kind) SecretRef(object v1alpha1.Object) *v1alpha1.SecretKeyRef {
	if k.secretRef == nil {
		return nil
	}
	return k.secretRef(object)
}
