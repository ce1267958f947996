package v1alpha1

// DefaultGoalValue is the value of every offer's default goal, and of a postback that names no goal (S0-7).
const DefaultGoalValue = "1"

// DefaultGoalTitle is the title of a default goal that gives none (S1-3).
const DefaultGoalTitle = "Default"

// DefaultGoal is the goal that every offer has. Its value is always "1" and it is never an end point (S1-3).
//
// +kubebuilder:validation:XValidation:rule="!has(self.endPoint)",message="the default goal cannot be an end point: remove endPoint, or declare a Goal with endPoint Enabled",fieldPath=".endPoint"
// +kubebuilder:validation:XValidation:rule="!has(self.value)",message="the default goal's value is always \"1\": remove value, or declare a Goal with this value",fieldPath=".value"
type DefaultGoal struct {
	// title in lists and reports. Default: "Default". Example: "Order".
	//
	// +optional
	// +kubebuilder:default=Default
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	Title string `json:"title,omitempty"`

	GoalSettings `json:",inline"`

	// endPoint is refused here. The field exists so that it is refused with a message instead of being dropped.
	//
	// +optional
	// +kubebuilder:validation:MaxLength=128
	RefusedEndPoint string `json:"endPoint,omitempty"`

	// value is refused here. The field exists so that it is refused with a message instead of being dropped.
	//
	// +optional
	// +kubebuilder:validation:MaxLength=128
	RefusedValue string `json:"value,omitempty"`
}
