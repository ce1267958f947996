package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// Object is what every kind of this package can do, for code that handles them alike.
//
// +kubebuilder:object:generate=false
type Object interface {
	metav1.Object
	runtime.Object

	// GetObjectStatus returns the part of the status that every kind has, for reading and writing.
	GetObjectStatus() *ObjectStatus
	// GetConditions returns the conditions.
	GetConditions() []metav1.Condition
	// SetConditions replaces the conditions.
	SetConditions([]metav1.Condition)
}

// GetConditions returns the conditions.
func (s *ObjectStatus) GetConditions() []metav1.Condition { return s.Conditions }

// SetConditions replaces the conditions.
func (s *ObjectStatus) SetConditions(conditions []metav1.Condition) { s.Conditions = conditions }

// GetObjectStatus returns the part of the status that every kind has.
func (n *Network) GetObjectStatus() *ObjectStatus { return &n.Status.ObjectStatus }

// GetConditions returns the conditions.
func (n *Network) GetConditions() []metav1.Condition { return n.Status.Conditions }

// SetConditions replaces the conditions.
func (n *Network) SetConditions(conditions []metav1.Condition) { n.Status.Conditions = conditions }

// GetObjectStatus returns the part of the status that every kind has.
func (a *Advertiser) GetObjectStatus() *ObjectStatus { return &a.Status.ObjectStatus }

// GetConditions returns the conditions.
func (a *Advertiser) GetConditions() []metav1.Condition { return a.Status.Conditions }

// SetConditions replaces the conditions.
func (a *Advertiser) SetConditions(conditions []metav1.Condition) { a.Status.Conditions = conditions }

// GetObjectStatus returns the part of the status that every kind has.
func (p *Partner) GetObjectStatus() *ObjectStatus { return &p.Status.ObjectStatus }

// GetConditions returns the conditions.
func (p *Partner) GetConditions() []metav1.Condition { return p.Status.Conditions }

// SetConditions replaces the conditions.
func (p *Partner) SetConditions(conditions []metav1.Condition) { p.Status.Conditions = conditions }

// GetObjectStatus returns the part of the status that every kind has.
func (o *Offer) GetObjectStatus() *ObjectStatus { return &o.Status.ObjectStatus }

// GetConditions returns the conditions.
func (o *Offer) GetConditions() []metav1.Condition { return o.Status.Conditions }

// SetConditions replaces the conditions.
func (o *Offer) SetConditions(conditions []metav1.Condition) { o.Status.Conditions = conditions }

// GetObjectStatus returns the part of the status that every kind has.
func (g *Goal) GetObjectStatus() *ObjectStatus { return &g.Status.ObjectStatus }

// GetConditions returns the conditions.
func (g *Goal) GetConditions() []metav1.Condition { return g.Status.Conditions }

// SetConditions replaces the conditions.
func (g *Goal) SetConditions(conditions []metav1.Condition) { g.Status.Conditions = conditions }

// GetObjectStatus returns the part of the status that every kind has.
func (p *PartnerPayout) GetObjectStatus() *ObjectStatus { return &p.Status.ObjectStatus }

// GetConditions returns the conditions.
func (p *PartnerPayout) GetConditions() []metav1.Condition { return p.Status.Conditions }

// SetConditions replaces the conditions.
func (p *PartnerPayout) SetConditions(conditions []metav1.Condition) {
	p.Status.Conditions = conditions
}

// GetObjectStatus returns the part of the status that every kind has.
func (p *PayoutStructure) GetObjectStatus() *ObjectStatus { return &p.Status.ObjectStatus }

// GetConditions returns the conditions.
func (p *PayoutStructure) GetConditions() []metav1.Condition { return p.Status.Conditions }

// SetConditions replaces the conditions.
func (p *PayoutStructure) SetConditions(conditions []metav1.Condition) {
	p.Status.Conditions = conditions
}
