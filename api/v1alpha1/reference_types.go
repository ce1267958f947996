package v1alpha1

// ObjectRef names another object of the same namespace; its kind follows from the field.
type ObjectRef struct {
	// name of the object in the same namespace. Example: "summer-shoes".
	//
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$`
	Name string `json:"name"`
}

// SecretKeyRef names one entry of a Secret of the same namespace.
// The entry may hold several keys, one a line, so that keys can be rotated.
type SecretKeyRef struct {
	// name of the Secret in the same namespace. Example: "postback-key".
	//
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$`
	Name string `json:"name"`

	// key is the entry inside the Secret. Example: "key".
	//
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:Pattern=`^[-._a-zA-Z0-9]+$`
	Key string `json:"key"`
}
