package compile

import (
	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/api/v1alpha1"
)

// levels is the number of steps of a compilation: an object is compiled after
// everything that it names. Networks are compared before the first.
const levels = 4

// rules is what the compiler does with objects of one kind.
type rules struct {
	// level is the step in which the kind is compiled. Goals have their offer's.
	level int
	// deleted is what becomes of the record when the object is gone.
	deleted disposal
	// hasBody reports whether a record has the kind's body.
	hasBody func(*snapshot.Record) bool
	// refs returns what an object names and its record depends on. Lists of partners
	// and blocked offers are not among them: trackers compare names.
	refs func(v1alpha1.Object) []ref
	// build makes the body of a record. It is nil for Goals, which are compiled
	// together with their offer.
	build func(*builder, *node, *snapshot.Record)
}

// disposal is what becomes of the record of a deleted object.
type disposal uint8

const (
	drop          disposal = iota // it is removed
	entomb                        // it becomes a tombstone, so that click ids can still be named
	keepWhileUsed                 // it stays while a record names it
)

// ruleOf is the table of rules by kind.
var ruleOf = [...]rules{
	snapshot.KindNetwork: {
		build:   buildNetwork,
		hasBody: func(r *snapshot.Record) bool { return r.NetworkBody != nil },
		refs:    func(o v1alpha1.Object) []ref { return secretRef(nil, o.(*v1alpha1.Network).Spec.PostbackKeySecretRef) },
	},
	snapshot.KindAdvertiser: {
		level: 0, deleted: keepWhileUsed, build: buildAdvertiser,
		hasBody: func(r *snapshot.Record) bool { return r.Advertiser != nil },
		refs: func(o v1alpha1.Object) []ref {
			return secretRef(nil, o.(*v1alpha1.Advertiser).Spec.PostbackKeySecretRef)
		},
	},
	snapshot.KindPayoutStructure: {
		level: 0, deleted: keepWhileUsed, build: buildStructure,
		hasBody: func(r *snapshot.Record) bool { return r.Structure != nil },
		refs:    func(v1alpha1.Object) []ref { return nil },
	},
	snapshot.KindOffer: {
		level: 1, deleted: entomb, build: buildOffer,
		hasBody: func(r *snapshot.Record) bool { return r.Offer != nil },
		refs:    func(o v1alpha1.Object) []ref { return offerRefs(&o.(*v1alpha1.Offer).Spec) },
	},
	snapshot.KindGoal: {
		level: 1, deleted: drop,
		hasBody: func(r *snapshot.Record) bool { return r.Goal != nil },
		refs:    func(o v1alpha1.Object) []ref { return structureRefs(nil, &o.(*v1alpha1.Goal).Spec.GoalSettings) },
	},
	snapshot.KindPartner: {
		level: 2, deleted: entomb, build: buildPartner,
		hasBody: func(r *snapshot.Record) bool { return r.Partner != nil },
		refs:    func(o v1alpha1.Object) []ref { return postbackRefs(o.(*v1alpha1.Partner).Spec.Postbacks) },
	},
	snapshot.KindPartnerPayout: {
		level: 3, deleted: drop, build: buildPartnerPayout,
		hasBody: func(r *snapshot.Record) bool { return r.PartnerPayout != nil },
		refs:    func(o v1alpha1.Object) []ref { return overrideRefs(&o.(*v1alpha1.PartnerPayout).Spec) },
	},
}

// hasBody reports whether a record has exactly the body of its kind.
func hasBody(r *snapshot.Record) bool {
	bodies := 0
	for _, kind := range ruleOf[1:] {
		if kind.hasBody(r) {
			bodies++
		}
	}
	return bodies == 1 && r.Kind > 0 && int(r.Kind) < len(ruleOf) && ruleOf[r.Kind].hasBody(r)
}

// kindSecret stands beside the kinds of records in references.
const kindSecret snapshot.Kind = 255

// ref names an object, or a Secret, of the same namespace.
type ref struct {
	kind snapshot.Kind
	name string
}

// secretRef and its neighbours append what a part of a spec names.
func secretRef(refs []ref, secret *v1alpha1.SecretKeyRef) []ref {
	if secret != nil {
		refs = append(refs, ref{kindSecret, secret.Name})
	}
	return refs
}

func structureRefs(refs []ref, goal *v1alpha1.GoalSettings) []ref {
	for _, pay := range []*v1alpha1.Payout{goal.Payout, goal.Revenue} {
		if pay != nil && pay.Structure != "" {
			refs = append(refs, ref{snapshot.KindPayoutStructure, pay.Structure})
		}
	}
	return refs
}

func offerRefs(spec *v1alpha1.OfferSpec) []ref {
	refs := []ref{{snapshot.KindAdvertiser, spec.AdvertiserRef.Name}}
	if goal := spec.DefaultGoal; goal != nil {
		refs = structureRefs(refs, &goal.GoalSettings)
	}
	return secretRef(refs, spec.PostbackKeySecretRef)
}

func postbackRefs(postbacks []v1alpha1.PartnerPostback) []ref {
	var refs []ref
	for i := range postbacks {
		if postbacks[i].Offer != "" {
			refs = append(refs, ref{snapshot.KindOffer, postbacks[i].Offer})
		}
	}
	return refs
}

func overrideRefs(spec *v1alpha1.PartnerPayoutSpec) []ref {
	refs := make([]ref, 1, 1+len(spec.Overrides))
	refs[0] = ref{snapshot.KindPartner, spec.PartnerRef.Name}
	for i := range spec.Overrides {
		refs = append(refs, ref{snapshot.KindOffer, spec.Overrides[i].Offer})
	}
	return refs
}
