package params_test

import (
	"bytes"
	"regexp"
	"strings"
	"testing"

	"github.com/waypost/waypost/api/macro"
	"github.com/waypost/waypost/tracker/server/params"
)

// unfilled are order ids that a link's author meant to be filled in.
var unfilled = []string{
	"<order_id>", ":order_id", "@order_id@", "{$order_id}", "{!order_id}", "_ORDER_ID_", "~order_id~", "|ORDER|", "(order_id)", "order-id", "<=%order%>",
	"=order_id", "order_id:", "/order_id/", "*order_id*", "!ORDER!", "[$order_id]", "«order_id»", "“ORDER_ID”", "'order_id'", "order.id", "order id", "Order-Id", "orderId", "ORDER",
	"@order.id", "{@order_id}", "{{=order_id}}", "{?order_id}", "%(order_id)s", "$(order_id)", "&order_id;", "-order_id-", "ORDER_NUMBER", "OrderNo", "order_ref", "order::id",
	"TRANSACTION_ID", "transaction_id", "YOUR_ORDER_ID", "INSERT_ORDER_ID", "INSERT_YOUR_ORDER_ID_HERE", "my-order-id", "the order id", "YOUR TRANSACTION ID", "MERCHANT_ORDER_ID",
	"txid", "CLICKID", "adv_sub1", "custom_field15", ":sub1", "(aff_sub2)", "PAYOUT", "sale_amount", "SALE_ID", "booking-number", "reqid",
	"VALUE", "DYNAMIC_VALUE", "EXAMPLE_ID", "REPLACE_ME", "checkout.order_id", "ga_order_id", "#VALUE!", "#REF!", "{1}", "INVOICE_ID",
	"prefix-[ORDER_ID]", "[ORDER_ID]-1", "order-{{order.id}}", "{{order.id}}-EU", "EU-${order.id}", "EU-${checkout.number}", "__ORDER_ID__-2024", "__ORDER_ID__1", "[ORDER_ID][ORDER_ID]",
	"prefix-{order_id}", "EU-<txid>", "a%order_id%b", "EU-undefined", "EU-null", "order_undefined", "A/NULL", "A-None", "A.NaN", "A-#ORDER_ID#", "x{{ order.id }}",
	"&lt;ORDER_ID&gt;", "&#123;order_id&#125;",
	"%s", "%d", "%i", "%u", "%@", "%05d", "\x05d", "%1$s", "%-10.3f", "%lld", "%s-%s", "'%s'", "%s%d", "{$foo}", "{!Foo.Bar__c}", "$(foo)", "\"{foo}\"",
}

// real are order ids that somebody has.
var real = []string{
	"1001", "A-1", "ORD-2026-17", "order-17", "tid:99", "SALE", "none-of-it", "#1001", "S1", "#S1", "SUB-1", "SUB1", "sub-10", "order_1", "ORDER1", "order-id-7", "[2024]-77", "$12",
	"TEST", "test", "lead", "CONVERSION", "orders", "ordering", "my-sale", "border_id", "order_id_x", "A", "id7", "1-order", "order-no-12", "(A-1)", ":1001", "100%", "%20", "50%d", "%1",
	"(1001)", "sub1", "basic_order", "dGVzdA==", "a+b/c=", "EU-NAN", "EU-NONE", "BA-NA", "undefined-1", "null0", "A-nullable", "[EU]-7", "{A}-1", "a_b__c", "A__1__2", "#1#2", "1%2%3", "<b>7</b>",
	"none-of-it-7", "${5.00}", "A-{1.2}", "valued", "VALUE-7", "EXAMPLE1",
	"заказ", "«заказ»", "order\xff", "f47ac10b-58cc-4372-a567-0e02b2c3d479", "custom_field_1", "yours", "the", "www.order.example",
}

func isUnfilled(p params.Param, value string) bool {
	return macro.Placeholder(value) || macro.Unexpanded(value) || params.IsName(p, []byte(value)) || params.HoldsName(p, []byte(value))
}

func TestUnfilled(t *testing.T) {
	for _, value := range unfilled {
		if !isUnfilled(params.OrderID, value) {
			t.Errorf("order_id=%s passes", value)
		}
	}
	for _, value := range real {
		if isUnfilled(params.OrderID, value) {
			t.Errorf("order_id=%s is refused", value)
		}
	}
}

// TestUnfilledOfEachParameter: signs around a name are an unfilled blank everywhere; a
// name alone is one where it cannot be a value.
func TestUnfilledOfEachParameter(t *testing.T) {
	for _, p := range []params.Param{params.ClickID, params.AimpID, params.OrderID, params.Amount, params.Status, params.Currency} {
		for _, value := range []string{"order_id", "CLICKID", "AMOUNT", "Currency", ":status", "(amount)", "%s"} {
			if !isUnfilled(p, value) {
				t.Errorf("parameter %d: %s passes", p, value)
			}
		}
	}
	for _, p := range []params.Param{params.Goal, params.GoalID, params.GoalName, params.GoalRef, params.Offer, params.Partner, params.Test} {
		for _, value := range []string{"order", "goal", "sale", "order-id", "order_id", "purchase", "lead", "source", "payment-no", "1", "goal_2"} {
			if isUnfilled(p, value) {
				t.Errorf("parameter %d: %s is refused", p, value)
			}
		}
		for _, value := range []string{":goal", "(goal_id)", "_GOAL_", "%d", "{$goal}"} {
			if !isUnfilled(p, value) {
				t.Errorf("parameter %d: %s passes", p, value)
			}
		}
	}
	for p, values := range map[params.Param][]string{
		params.Currency: {"SUM", "KEY", "USD"}, params.Status: {"approved", "1", "hold", "declined"}, params.Amount: {"12", "12.50", "-"}, params.ClickID: {"abcDEF-_0123"},
	} {
		for _, value := range values {
			if isUnfilled(p, value) {
				t.Errorf("parameter %d: %s is refused", p, value)
			}
		}
	}
}

// TestEveryNameIsUnfilled: whatever a table or a macro is called, in any brackets.
func TestEveryNameIsUnfilled(t *testing.T) {
	for _, name := range append(macro.Names(), "order_id", "action_id", "txid", "conversion_unique_id", "clickid", "passthrough1", "custom_field3", "adv_sub4") {
		if len(name) < 3 {
			continue // s1 and the like: #S1 may be an order
		}
		for _, signs := range []string{":x", "x:", "(x)", "|x|", "~x~", "_x_", "@x@", "<=%x%>", "¿x?"} {
			value := strings.Replace(signs, "x", name, 1)
			if !isUnfilled(params.OrderID, value) || !isUnfilled(params.Goal, strings.ToUpper(value)) {
				t.Errorf("%s passes", value)
			}
		}
	}
}

func TestUnfilledDoesNotAllocate(t *testing.T) {
	for _, value := range []string{"A-1", "1001", "approved", "YOUR_ORDER_ID", "undefined,undefined", ":order_id", "EU-[ORDER_IT]-__A__-{x}", strings.Repeat("a", 500)} {
		b := []byte(value)
		if n := testing.AllocsPerRun(100, func() {
			params.IsName(params.OrderID, b)
			params.HoldsName(params.OrderID, b)
			params.IsBlank(params.OrderID, b)
		}); n != 0 {
			t.Errorf("%s costs %v allocations", value, n)
		}
	}
}

// numbered is a text whose only number is of a digit or two behind a letter.
var numbered = regexp.MustCompile(`^[^0-9]*[a-zA-Z][0-9]{1,2}[^0-9]*$`)

// FuzzUnfilled: a value with a digit that belongs to no numbered name is no name, what
// is one for a goal is one for an order id, and a name stays one behind a sign.
func FuzzUnfilled(f *testing.F) {
	for _, value := range append(unfilled, real...) {
		f.Add([]byte(value))
	}
	f.Fuzz(func(t *testing.T, value []byte) {
		loose, strict := params.IsName(params.Goal, value), params.IsName(params.OrderID, value)
		if loose && !strict {
			t.Errorf("%q is a name for a goal only", value)
		}
		if strict && bytes.ContainsAny(value, "0123456789") && !numbered.Match(value) {
			t.Errorf("%q is a name", value)
		}
		if strict && !params.IsName(params.Goal, append([]byte(":"), value...)) {
			t.Errorf("%q is a name, and none behind a sign", value)
		}
		for _, p := range []params.Param{params.OrderID, params.Amount, params.Goal} {
			text := string(value)
			if params.IsPlain(p, value) && (params.IsName(p, value) || params.HoldsName(p, value) || macro.Placeholder(text) || macro.Unexpanded(text)) {
				t.Errorf("%q is plain, and a blank", value)
			}
		}
		if strict && params.IsBlank(params.OrderID, value) {
			t.Errorf("%q is a name and nothing", value)
		}
	})
}
