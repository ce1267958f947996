package offline

import (
	"fmt"
	"slices"

	"github.com/waypost/waypost/api/v1alpha1"
)

// named is a list of names in an object that need not exist: the object that has the
// name, now or later, is meant. A name that no object has is probably a typing error.
type named struct {
	field string
	kind  string
	names []string
}

// warnings are about names in lists that no object of the directory has.
func (d *Directory) warnings() []Finding {
	var findings []Finding
	for key := range d.listing {
		o := d.applied[key]
		for _, list := range namesIn(o.typed) {
			for i, name := range list.names {
				if d.applied[objectKey{list.kind, key.namespace, name}] != nil {
					continue
				}
				f := o.manifest.finding(ReasonUnknownName, fmt.Sprintf("%s[%d]", list.field, i),
					fmt.Sprintf("no %s is called %q: correct the name, unless it is declared elsewhere", list.kind, name))
				f.Severity = Warning
				findings = append(findings, f)
			}
		}
	}
	return findings
}

// namesIn returns the lists of names in an object that have any.
func namesIn(object v1alpha1.Object) []named {
	return slices.DeleteFunc(listsOf(object), func(list named) bool { return len(list.names) == 0 })
}

// listsOf returns the lists of names that an object can have.
func listsOf(object v1alpha1.Object) []named {
	switch o := object.(type) {
	case *v1alpha1.Advertiser:
		return []named{{"spec.blockedPartners", v1alpha1.KindPartner, o.Spec.BlockedPartners}}
	case *v1alpha1.Partner:
		return []named{{"spec.blockedOffers", v1alpha1.KindOffer, o.Spec.BlockedOffers}}
	case *v1alpha1.Offer:
		lists := []named{
			{"spec.approvedPartners", v1alpha1.KindPartner, o.Spec.ApprovedPartners},
			{"spec.blockedPartners", v1alpha1.KindPartner, o.Spec.BlockedPartners},
		}
		for i, limit := range o.Spec.Caps {
			lists = append(lists, named{fmt.Sprintf("spec.caps[%d].partners", i), v1alpha1.KindPartner, limit.Partners})
		}
		return lists
	case *v1alpha1.PayoutStructure:
		var lists []named
		for i, rule := range o.Spec.Rules {
			lists = append(lists, named{fmt.Sprintf("spec.rules[%d].partners", i), v1alpha1.KindPartner, rule.Partners})
		}
		return lists
	}
	return nil
}
