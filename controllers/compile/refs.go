package compile

import (
	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/api/v1alpha1"
)

// kindSecret stands beside the kinds of records in references.
const kindSecret snapshot.Kind = 255

// ref names an object, or a Secret, of the same namespace.
type ref struct {
	kind snapshot.Kind
	name string
}

// refsOf returns what an object names and what its compiled form depends on, as
// far as the object alone tells. Lists of partners and blocked offers are not
// among them: trackers compare names, whoever exists.
func refsOf(object v1alpha1.Object) []ref {
	switch o := object.(type) {
	case *v1alpha1.Network:
		return secretRef(nil, o.Spec.PostbackKeySecretRef)
	case *v1alpha1.Advertiser:
		return secretRef(nil, o.Spec.PostbackKeySecretRef)
	case *v1alpha1.Offer:
		refs := []ref{{snapshot.KindAdvertiser, o.Spec.AdvertiserRef.Name}}
		if goal := o.Spec.DefaultGoal; goal != nil {
			refs = structureRefs(refs, &goal.GoalSettings)
		}
		return secretRef(refs, o.Spec.PostbackKeySecretRef)
	case *v1alpha1.Goal:
		return structureRefs(nil, &o.Spec.GoalSettings)
	case *v1alpha1.Partner:
		return postbackRefs(o.Spec.Postbacks)
	case *v1alpha1.PartnerPayout:
		return overrideRefs(ref{snapshot.KindPartner, o.Spec.PartnerRef.Name}, o.Spec.Overrides)
	}
	return nil
}

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

func postbackRefs(postbacks []v1alpha1.PartnerPostback) []ref {
	var refs []ref
	for i := range postbacks {
		if postbacks[i].Offer != "" {
			refs = append(refs, ref{snapshot.KindOffer, postbacks[i].Offer})
		}
	}
	return refs
}

func overrideRefs(partner ref, overrides []v1alpha1.PayoutOverride) []ref {
	refs := make([]ref, 1, 1+len(overrides))
	refs[0] = partner
	for i := range overrides {
		refs = append(refs, ref{snapshot.KindOffer, overrides[i].Offer})
	}
	return refs
}

// resolve notes a reference to an object that does not exist or is not served.
func (s *space) resolve(f *findings, at *path, kind snapshot.Kind, name string) {
	is := absent
	if n := s.nodes[ref{kind, name}]; n != nil {
		is = n.presence()
	}
	switch is {
	case absent:
		f.miss(newProblem(v1alpha1.ReasonRefNotFound, at, "%s %.64q does not exist: create it, or correct the name", kind, name))
	case unserved:
		f.miss(newProblem(v1alpha1.ReasonRefNotAccepted, at, "%s %.64q is not served: its status says why", kind, name))
	}
}
