package offline

import "testing"

func TestUnknownFieldsAreGuessed(t *testing.T) {
	structural := admissionOf(t).kinds["Offer"].structural
	for path, want := range map[string]string{
		"spec.stat":                            `unknown field "stat": did you mean state?`,
		"spec.tracking_id":                     `unknown field "tracking_id": did you mean trackingID?`,
		"spec.destinationUrl":                  `unknown field "destinationUrl": did you mean destinationURL?`,
		"spec.caps[0].limt":                    `unknown field "limt": did you mean limit?`,
		"spec.impressions.destinations[3].uri": `unknown field "uri": did you mean url?`,
		"spec.advertiserRef.namespace":         `unknown field "namespace": take it out or correct its name`,
		"spec.colour":                          `unknown field "colour": take it out or correct its name`,
		"spec.nowhere.at.all":                  `unknown field "all": take it out or correct its name`,
		"spek":                                 `unknown field "spek": did you mean spec?`,
		"spec.defaultGoal.payout.tiers[0].fla": `unknown field "fla": did you mean flat?`,
	} {
		if got := unknownField(path, structural); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
}

func TestEditDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"a", "", 1}, {"", "ab", 2}, {"kitten", "sitting", 3}, {"state", "stat", 1}, {"flat", "flta", 2}} {
		if got := editDistance(c.a, c.b); got != c.want {
			t.Errorf("distance of %q and %q is %d, want %d", c.a, c.b, got, c.want)
		}
	}
}
