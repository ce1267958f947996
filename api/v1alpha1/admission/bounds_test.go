package admission

import (
	"fmt"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/waypost/waypost/api/v1alpha1"
)

// text returns a string of n letters.
func text(n int) any { return strings.Repeat("x", n) }

// address returns a URL of n characters.
func address(n int) any {
	const start = "https://shop.example/"
	return start + strings.Repeat("x", n-len(start))
}

// names returns n object names.
func names(n int) any { return list(n, func(i int) any { return fmt.Sprintf("partner-%d", i) }) }

// list returns n items.
func list(n int, item func(i int) any) any {
	items := make([]any, n)
	for i := range items {
		items[i] = item(i)
	}
	return items
}

// entries returns n list entries with a name each and the fields that the YAML text gives.
func entries(fields string) func(n int) any {
	return func(n int) any {
		return list(n, func(i int) any {
			entry := map[string]any{}
			if err := yaml.Unmarshal([]byte(fields), &entry); err != nil {
				panic(err)
			}
			entry["name"] = fmt.Sprintf("entry-%d", i)
			return entry
		})
	}
}

const (
	offerSpec = `{title: T, advertiserRef: {name: acme}, destinationURL: "https://shop.example/"}`
	goalSpec  = `{title: T, offerRef: {name: summer-shoes}, value: "2"}`
	ruleSpec  = `{rules: [{name: r, when: [{field: amount, operator: In, values: ["1"]}]}]}`
)

// bounds are those of docs/api.md: at the limit a manifest is accepted, one above it is refused.
var bounds = map[string]struct {
	kind, spec string
	// path leads to the field; a number is an index.
	path  []any
	fill  func(n int) any
	limit int
}{
	"title":               {v1alpha1.KindGoal, goalSpec, []any{"title"}, text, 128},
	"offer title":         {v1alpha1.KindOffer, offerSpec, []any{"title"}, text, 128},
	"entry name":          {v1alpha1.KindPayoutStructure, ruleSpec, []any{"rules", 0, "name"}, text, 128},
	"URL":                 {v1alpha1.KindOffer, offerSpec, []any{"destinationURL"}, address, 2048},
	"goal value":          {v1alpha1.KindGoal, goalSpec, []any{"value"}, text, 64},
	"slug aliases":        {v1alpha1.KindGoal, goalSpec, []any{"slugAliases"}, names, 10},
	"tiers":               {v1alpha1.KindGoal, goalSpec, []any{"payout"}, tiersPayout, 10},
	"rules":               {v1alpha1.KindPayoutStructure, `{}`, []any{"rules"}, entries(`{payout: {flat: "1"}}`), 100},
	"conditions":          {v1alpha1.KindPayoutStructure, ruleSpec, []any{"rules", 0, "when"}, conditions, 8},
	"values":              {v1alpha1.KindPayoutStructure, ruleSpec, []any{"rules", 0, "when", 0, "values"}, numbers, 50},
	"value":               {v1alpha1.KindPayoutStructure, `{rules: [{name: r, when: [{field: sub1, operator: In, values: [a]}]}]}`, []any{"rules", 0, "when", 0, "values", 0}, text, 128},
	"rule partners":       {v1alpha1.KindPayoutStructure, ruleSpec, []any{"rules", 0, "partners"}, names, 100},
	"caps":                {v1alpha1.KindOffer, offerSpec, []any{"caps"}, entries(`{metric: Clicks, window: Day, limit: "1"}`), 20},
	"destinations":        {v1alpha1.KindOffer, offerSpec, []any{"impressions"}, destinations, 10},
	"partner postbacks":   {v1alpha1.KindPartner, `{title: T}`, []any{"postbacks"}, entries(`{url: "https://blog.example/"}`), 20},
	"overrides":           {v1alpha1.KindPartnerPayout, `{partnerRef: {name: p}}`, []any{"overrides"}, entries(`{offer: o, payout: {type: FlatAndPercentage, flat: "1234567890.123456", percent: "999.99999"}, revenue: {flat: "1"}, from: "2026-01-01T00:00:00Z", until: "2027-01-01T00:00:00Z"}`), 500},
	"approved partners":   {v1alpha1.KindOffer, offerSpec, []any{"approvedPartners"}, names, 2000},
	"blocked partners":    {v1alpha1.KindOffer, offerSpec, []any{"blockedPartners"}, names, 2000},
	"advertiser's blocks": {v1alpha1.KindAdvertiser, `{title: T}`, []any{"blockedPartners"}, names, 2000},
	"blocked offers":      {v1alpha1.KindPartner, `{title: T}`, []any{"blockedOffers"}, names, 2000},
	"domains":             {v1alpha1.KindNetwork, `{title: T}`, []any{"trackingDomains"}, names, 20},
	"deep link hosts":     {v1alpha1.KindOffer, offerSpec, []any{"deepLinks"}, hosts, 20},
}

func tiersPayout(n int) any {
	tiers := list(n, func(i int) any { return map[string]any{"tier": fmt.Sprint(i), "flat": "1", "percent": "2"} })
	return map[string]any{"type": "FlatAndPercentage", "tiers": tiers}
}

func conditions(n int) any {
	return list(n, func(int) any {
		return map[string]any{"field": "amount", "operator": "In", "values": numbers(50)}
	})
}

func numbers(n int) any { return list(n, func(i int) any { return fmt.Sprintf("%d.%06d", i, i) }) }

func destinations(n int) any {
	return map[string]any{"destinations": entries(`{url: "https://adv.example/"}`)(n)}
}

func hosts(n int) any {
	return map[string]any{"hosts": list(n, func(i int) any { return fmt.Sprintf("shop-%d.example", i) })}
}

func TestBounds(t *testing.T) {
	for name, bound := range bounds {
		t.Run(name, func(t *testing.T) {
			for _, n := range []int{bound.limit, bound.limit + 1} {
				object := newManifest(t, bound.kind, bound.spec)
				put(t, object.Object["spec"], bound.path, bound.fill(n))
				err := tryCreate(t, object)
				if n == bound.limit && err != nil {
					t.Errorf("%d refused: %v", n, err)
				}
				if n > bound.limit && err == nil {
					t.Errorf("%d accepted", n)
				}
			}
		})
	}
}

// TestFullRules: a structure as large as the bounds allow is within what the API server lets the rules of a schema cost
// when they run, not only when they are estimated.
func TestFullRules(t *testing.T) {
	object := newManifest(t, v1alpha1.KindPayoutStructure, `{}`)
	rules := list(100, func(i int) any {
		return map[string]any{"name": fmt.Sprint(i), "when": conditions(8), "partners": names(100), "payout": map[string]any{"flat": "1"}}
	})
	put(t, object.Object["spec"], []any{"rules"}, rules)
	if err := tryCreate(t, object); err != nil {
		t.Errorf("refused: %v", err)
	}
}

func newManifest(t *testing.T, kind, spec string) *unstructured.Unstructured {
	t.Helper()
	object := &unstructured.Unstructured{Object: map[string]any{}}
	object.SetGroupVersionKind(v1alpha1.GroupVersion.WithKind(kind))
	object.SetName("bounds")
	parsed := map[string]any{}
	if err := yaml.Unmarshal([]byte(spec), &parsed); err != nil {
		t.Fatal(err)
	}
	object.Object["spec"] = parsed
	return object
}

// put sets the field that the path leads to.
func put(t *testing.T, in any, path []any, value any) {
	t.Helper()
	for i, step := range path {
		last := i == len(path)-1
		switch in := in.(type) {
		case map[string]any:
			if last {
				in[step.(string)] = value
			}
		case []any:
			if last {
				in[step.(int)] = value
			}
		}
		if !last {
			in = child(t, in, step)
		}
	}
}

func child(t *testing.T, in, step any) any {
	t.Helper()
	switch in := in.(type) {
	case map[string]any:
		return in[step.(string)]
	case []any:
		return in[step.(int)]
	default:
		t.Fatalf("no way through %v at %v", in, step)
		return nil
	}
}
