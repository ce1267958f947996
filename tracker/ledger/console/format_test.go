package console

import "testing"

func TestNumber(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1\u202f000", -1234567: "-1\u202f234\u202f567", 100: "100", -100: "-100"} {
		if got := number(n); got != want {
			t.Errorf("number(%d) = %q, want %q", n, got, want)
		}
	}
}

func TestTexts(t *testing.T) {
	seconds := func(n int64) *int64 { return &n }
	for got, want := range map[string]string{
		delay(nil): "", delay(seconds(119)): "119 s", delay(seconds(7199)): "119 min", delay(seconds(7200)): "2 h", delay(seconds(400_000)): "4 d",
		title("goalName"): "Goal name", title("sub1"): "Sub1", title(""): "", short("12345678901234"): "12345678901234", short("123456789012345"): "…456789012345",
		badge("delivered"): "good", badge("x"): "dull",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestScopeCookie(t *testing.T) {
	for _, tc := range [][2]string{{"", ""}, {"net", "blog"}, {"a;b\"", "c d/e"}} {
		if network, partner := readScope(writeScope(tc[0], tc[1])); network != tc[0] || partner != tc[1] {
			t.Errorf("%v came back as %q, %q", tc, network, partner)
		}
	}
	if network, _ := readScope("%zz/x"); network != "" {
		t.Errorf("nonsense is %q", network)
	}
}
