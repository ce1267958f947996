package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// PayoutStructureSpec is an ordered list of rules.
type PayoutStructureSpec struct {
	// rules in order, at most 100; the first that matches gives the terms. Default: none.
	//
	// +optional
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MaxItems=100
	Rules []PayoutRule `json:"rules,omitempty"`
}

// PayoutStructureStatus is what the operator found out about a PayoutStructure.
type PayoutStructureStatus struct {
	ObjectStatus `json:",inline"`
}

// PayoutStructure is an ordered list of named rules that payouts and revenues refer to with structure (S1-18).
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:scope=Namespaced,categories=waypost,shortName=wps
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`,description="Whether every ready tracker serves this generation"
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`,description="Time since creation"
// +kubebuilder:printcolumn:name="First Rule",type=string,priority=1,JSONPath=`.spec.rules[0].name`,description="Name of the first rule"
// +kubebuilder:printcolumn:name="Reason",type=string,priority=1,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`,description="Why it is ready or not"
type PayoutStructure struct {
	metav1.TypeMeta `json:",inline"`

	// metadata is the object's name, namespace and labels.
	//
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec is what you want.
	//
	// +required
	Spec PayoutStructureSpec `json:"spec"`

	// status is what the operator found out; you do not write it.
	//
	// +optional
	// +kubebuilder:default:={"observedGeneration":-1}
	Status PayoutStructureStatus `json:"status,omitempty"`
}

// PayoutStructureList is a list of PayoutStructures.
//
// +kubebuilder:object:root=true
type PayoutStructureList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`

	Items []PayoutStructure `json:"items"`
}
