package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// MaxRefused is how many refused list entries a status names; further ones are only counted in the condition's message.
const MaxRefused = 20

// ObjectStatus is the part of the status that every kind has.
type ObjectStatus struct {
	// conditions of the object: Accepted, ResolvedRefs, Programmed and Ready, and only while they hold Reconciling and Stalled.
	// observedGeneration of each is the generation that it judges.
	//
	// +optional
	// +listType=map
	// +listMapKey=type
	// +patchStrategy=merge
	// +patchMergeKey=type
	// +kubebuilder:validation:MaxItems=8
	Conditions []metav1.Condition `json:"conditions,omitempty" patchStrategy:"merge" patchMergeKey:"type"`

	// observedGeneration is the generation that the conditions speak of; while it is below metadata.generation
	// the last edit has not been judged yet. -1 until the operator has judged anything: a generic tool such as kstatus
	// takes an object without this field for one that is as it should be. Example: 3.
	//
	// +optional
	// +kubebuilder:validation:Minimum=-1
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`
}

// RefusedEntry is one list entry of a spec that is not served while the rest of the object is.
type RefusedEntry struct {
	// name of the list entry. Example: "december".
	//
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	Name string `json:"name"`

	// reason is one CamelCase word for programs, one of the condition reasons. Example: "RefNotFound".
	//
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	// +kubebuilder:validation:Pattern=`^[A-Za-z][A-Za-z0-9]*$`
	Reason string `json:"reason"`

	// message names what is wrong and what to do. Example: "offer winter-shoes does not exist".
	//
	// +optional
	// +kubebuilder:validation:MaxLength=1024
	Message string `json:"message,omitempty"`
}
