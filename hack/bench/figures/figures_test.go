package figures

import (
	"bytes"
	"strings"
	"testing"
)

func TestPercentile(t *testing.T) {
	hundred := make([]int, 100)
	for i := range hundred {
		hundred[99-i] = i + 1
	}
	for _, c := range []struct {
		values []int
		share  float64
		want   int
	}{
		{nil, 0.5, 0},
		{[]int{7}, 0.99, 7},
		{[]int{3, 1, 2}, 0.5, 2},
		{hundred, 0.5, 50},
		{hundred, 0.99, 99},
		{hundred, 1, 100},
		{hundred, 0, 1},
	} {
		if got := Percentile(c.values, c.share); got != c.want {
			t.Errorf("Percentile(%d values, %v) = %d, want %d", len(c.values), c.share, got, c.want)
		}
	}
	if hundred[0] != 100 {
		t.Error("the values were sorted in place")
	}
}

func TestParseBoundsRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"no JSON":           `{`,
		"an unknown field":  `{"a": {"of": "value", "mox": 1}}`,
		"nothing to hold":   `{"a": {"of": "value", "aim": 1}}`,
		"nothing compared":  `{"a": {"max": 1}}`,
		"another thing":     `{"a": {"of": "median", "max": 1}}`,
		"a bound as string": `{"a": {"of": "value", "max": "1"}}`,
	} {
		if _, err := ParseBounds([]byte(text)); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestTable(t *testing.T) {
	bounds, err := ParseBounds([]byte(`{
		"rate":  {"of": "ratio", "min": 0.8, "aim": 1, "runs": []},
		"wait":  {"of": "value", "max": 2, "aim": 1, "others": "Istio 120 ms", "runs": []},
		"lost":  {"of": "value", "max": 0, "runs": []}
	}`))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name    string
		figures []Figure
		printed []string
		problem []string // none: no error
	}{
		{
			name: "all well",
			figures: []Figure{
				{Name: "rate", Unit: "/s", Value: 110, Reference: 100, Of: "nginx"},
				{Name: "wait", Unit: "ms", Value: 0.5}, {Name: "lost"}, {Name: "free", Unit: "MiB", Value: 12},
			},
			printed: []string{"110 /s", "100 /s nginx", "1.10", "≥ 0.8 ×", "0.50 ms", "Istio 120 ms", "≤ 2 ms", "12.0 MiB", "ok"},
		},
		{
			name: "below the aim is no failure",
			figures: []Figure{
				{Name: "rate", Value: 90, Reference: 100, Of: "nginx"}, {Name: "wait", Unit: "ms", Value: 1.5}, {Name: "lost"},
			},
			printed: []string{"0.90", "below aim"},
		},
		{
			name: "missed, every one of them",
			figures: []Figure{
				{Name: "rate", Value: 79, Reference: 100, Of: "nginx"}, {Name: "wait", Unit: "ms", Value: 2.1}, {Name: "lost", Value: 1},
			},
			printed: []string{"MISSED"},
			problem: []string{"rate: measured 0.79 ×, bound ≥ 0.8 ×", "wait: measured 2.1 ms, bound ≤ 2 ms", "lost: measured 1, bound ≤ 0"},
		},
		{
			name:    "a ratio to nothing",
			figures: []Figure{{Name: "rate", Value: 79}, {Name: "wait"}, {Name: "lost"}},
			problem: []string{"rate: the reference was not measured"},
		},
		{
			name:    "not measured",
			figures: []Figure{{Name: "rate", Value: 100, Reference: 100, Of: "nginx"}, {Name: "wait"}},
			problem: []string{"lost: there is a bound, and it was not measured"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out bytes.Buffer
			err := Table(&out, c.figures, bounds)
			for _, text := range c.printed {
				if !strings.Contains(out.String(), text) {
					t.Errorf("%q is not in\n%s", text, out.String())
				}
			}
			if (err != nil) != (len(c.problem) > 0) {
				t.Fatalf("error %v", err)
			}
			for _, text := range c.problem {
				if !strings.Contains(err.Error(), text) {
					t.Errorf("%q is not in the error\n%v", text, err)
				}
			}
		})
	}
}
