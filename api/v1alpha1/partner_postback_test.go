package v1alpha1_test

import (
	"slices"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/waypost/waypost/api/v1alpha1"
)

// TestPartnerPostbackStatuses: YAML 1.1 reads the bare key on as true, and a partner's postbacks must not change by that.
func TestPartnerPostbackStatuses(t *testing.T) {
	tests := map[string]struct {
		text string
		want []v1alpha1.ConversionStatus
	}{
		"not given": {`name: p`, []v1alpha1.ConversionStatus{"Approved"}},
		"bare":      {`on: [Hold, Rejected]`, []v1alpha1.ConversionStatus{"Hold", "Rejected"}},
		"quoted":    {`"on": [Pending]`, []v1alpha1.ConversionStatus{"Pending"}},
		"as true":   {`"true": [Pending]`, []v1alpha1.ConversionStatus{"Pending"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var postback v1alpha1.PartnerPostback
			if err := yaml.UnmarshalStrict([]byte(test.text), &postback); err != nil {
				t.Fatal(err)
			}
			if got := postback.Statuses(); !slices.Equal(got, test.want) {
				t.Errorf("Statuses() = %v, want %v", got, test.want)
			}
		})
	}
}
