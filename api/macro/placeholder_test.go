package macro

import "testing"

func TestPlaceholder(t *testing.T) {
	for value, want := range map[string]bool{
		"[X]": true, "[ORDER_ID]": true, "[order id]": false, "[[order id]]": true, "__X__": true, "__ORDER_ID__": true, "%%X%%": true, "%%ORDER_ID%%": true,
		"%ORDER_ID%": true, "$x": true, "$order_id": true, "$orderId": true, "$order->id": true, "$order['id']": true, "$_GET[id]": true, "${x}": true, "${order.id}": true,
		"{{x}}": true, "{{ order.items[0].id }}": true, "{x}": true, "{order_id}": true, "{aff_sub10}": true, "#x#": true, "##ORDER##": true, "<X>": true, "<ORDER_ID>": true,
		"<%= order.id %>": true, "<?php echo $id ?>": true, "{% order %}": true, "*|ORDER|*": true, "@@order@@": true, "((order))": true, "#{order.id}": true, "%{order}": true,
		"@{order}": true, "$<TRACKER>": true, "{ x }": true, "[SUB1]": true, "%5BORDER%5D": true, "%7Border%7D": true, "%2524order": false, "%24order": true, "%25%25ORDER%25%25": true,
		"%\xac" + "TION_ID%%": true, "\xac" + "TION_ID%": true,

		"": false, "A-1": false, "[2024]-77": false, "__1": false, "$12": false, "$12.50": false, "None": false, "#1": false, "#1#": false, "[1]": false, "__1__": false,
		"{3F2504E0-4F89-11D3-9A0C-0305E82C3301}": false, "{A2504E0F-4F89-11D3-9A0C-0305E82C3301}": false, "[A-1]": false, "[A1234]": false, "$A1234": false,
		"<b>": false, "<b>x</b>": false, "x{y}": false, "{x}y": false, "[a][b]": false, "__a": false, "a__": false, "____": false, "%%": false, "%20": false, "100%": false,
		"$": false, "{}": false, "[]": false, `{"a":1}`: false, "{{1}}": false, "#top": false, "-x-": false, "Größe": false, "ü%": false,
	} {
		if got := Placeholder(value); got != want {
			t.Errorf("Placeholder(%q) = %t", value, got)
		}
	}
}
