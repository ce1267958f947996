package macro

import "testing"

func TestUnexpanded(t *testing.T) {
	for value, want := range map[string]bool{
		// Spellings of docs/rules.md.
		"{payout}": true, "#s1#": true, "<AMOUNT>": true,
		// The whole value is a macro of anybody's.
		"{clickid}": true, "{click_id}": true, "{aff_sub5}": true, "#reqid#": true, "#price#": true,
		"<TRACKER>": true, "{order.id}": true, "{{order.id}}": true, "{{ order.id }}": true,
		"${amount}": true, "$<TRACKER>": true, " {payout} ": true, "{Payout}": true, "{x-y}": true,
		// One of Waypost's names stands within.
		"ORDER-{order_id}": true, "{sub1}-{sub2}": true, "a#s1#b": true, "x<TRACKER>": true, "{{payout}}{": true,
		// Escaped once more than it should be.
		"%7Bpayout%7D": true, "%7bpayout%7d": true, "%23s1%23": true, "%3CAMOUNT%3E": true, "%24%7Bamount%7D": true, "A-%7Border_id%7D": true,
		// What people send.
		"{A2504E0F-4F89-11D3-9A0C-0305E82C3301}": false, // a GUID
		"":                                       false, "12.50": false, "#1": false, "#1#": false, "no #1 of #2": false, "#": false, "##": false,
		"{": false, "}": false, "{}": false, `{"a":1}`: false, "{1}": false, "{ }": false,
		"<b>": false, "<b>sale</b>": false, "a<b": false, "<3": false, "x {friend} y": false,
		"https://x.example/#top": false, "C#": false, "50%": false, "100%7": false, "%7B%7D": false, "%7B%22a%22%7D": false, "Größe {42}": false,
	} {
		if got := Unexpanded(value); got != want {
			t.Errorf("Unexpanded(%q) = %t", value, got)
		}
	}
}
