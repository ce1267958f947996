package params_test

import (
	"strings"
	"testing"

	"github.com/waypost/waypost/tracker/server/params"
)

// TestDamagedNames: what links suffer on their way changes no meaning, in any table,
// and the log keeps the name as it came.
func TestDamagedNames(t *testing.T) {
	tables := map[params.Param][]*params.Table{
		params.Partner: {params.Clicks(), params.CakeClicks(), params.Impressions(), params.Postbacks(), params.GoalPostbacks()},
		params.OrderID: {params.Postbacks(), params.GoalPostbacks()},
	}
	names := map[params.Param][]string{params.Partner: {"partner", "AFF_ID"}, params.OrderID: {"order_id", "Conversion_Unique_Id"}}
	for _, before := range []string{
		"", "amp;", "AMP;", "Amp;", "amp", "amp%3B", "amp%253B", "amp;amp;", "amp;amp;amp;", "%26", "%26amp;", "&amp;", "?", "%3F", "amp;%20",
		"%2338;", "%23038;", "%230038;", "%2338", "%23x26;", "%23X26;", "%23x0026;", "%2338%3b", "amp;%2338;", "%20", "%0D%0A", "%09", "%C2%A0", "%EF%BB%BF", "+",
	} {
		for param, list := range tables {
			for _, name := range names[param] {
				for i, table := range list {
					s := params.Set{KeepRaw: true}
					s.ScanQuery(table, []byte("x=y&"+before+name+"=value"))
					if got := string(s.Get(param)); got != "value" {
						t.Errorf("table %d, %s%s=value gives %q", i, before, name, got)
					}
					if raw := s.Raw[len(s.Raw)-1].Name; before == "amp;" && string(raw) != "amp;"+name {
						t.Errorf("the log has %q", raw)
					}
				}
			}
		}
	}
}

// TestListNames: PHP marks what may be a list.
func TestListNames(t *testing.T) {
	for _, name := range []string{"goal[]", "goal%5B%5D", "GOAL[]", "goal[0]", "amp;goal[]"} {
		var s params.Set
		s.ScanQuery(params.Postbacks(), []byte("x=1&"+name+"=sale&"+name+"=other"))
		if got := string(s.Get(params.Goal)); got != "sale" {
			t.Errorf("%s=sale gives %q", name, got)
		}
	}
}

// TestEscapedValues: a value that was escaped for HTML is read, not taken apart.
func TestEscapedValues(t *testing.T) {
	for query, want := range map[string]string{
		"order_id=&lt;ORDER_ID&gt;": "<ORDER_ID>", "order_id=&lt;ORDER_ID&gt;&goal=2": "<ORDER_ID>", "order_id=&#123;order_id&#125;": "{order_id}", "order_id=&#x7B;order_id&#x7d;": "{order_id}",
		"order_id=&quot;&quot;": `""`, "order_id=&quot;A1&quot;": `"A1"`, "order_id=&apos;&apos;": "''", "order_id=&#39;&#39;": "''", "order_id=&nbsp;": "", "order_id=&nbsp;A1": "A1",
		"order_id=&amp;lt;ORDER_ID&amp;gt;": "<ORDER_ID>", "order_id=&lt%3BORDER_ID&gt%3B": "<ORDER_ID>", "order_id=EU-&lt;ORDER_ID&gt;": "EU-<ORDER_ID>", "order_id=&lbrace;a&rbrace;": "{a}",
		"order_id=&lt;a=b&gt;": "<a=b>", "order_id=&quot;&quot;&txid=A1": "A1", "order_id&lt;X&gt;": "<X>",
		"order_id=A1&quot;": "A1", "order_id=A1&gt;": "A1", "order_id=&goal=2&lt;x": "", "order_id=&x=1&lt;x": "", "order_id=&lt": "", "order_id=&eacute;": "", "order_id=&;": "", "order_id=&nosuch;": "",
		"txid=A1&order_id=&lt;X&gt;": "A1", "order_id=&key=k&lt;x": "",
	} {
		var s params.Set
		s.ScanQuery(params.Postbacks(), []byte(query))
		if got := string(s.Get(params.OrderID)); got != want {
			t.Errorf("%s gives %q, want %q", query, got, want)
		}
	}
	var s params.Set
	s.ScanQuery(params.Clicks(), []byte("sub1=&lt;a&gt;"))
	if got := s.Get(params.Sub1); len(got) > 0 {
		t.Errorf("a click's sub id is %q", got)
	}
}

func TestNamesThatAreOthers(t *testing.T) {
	for _, query := range []string{
		"ampersand=v", "camp;goal=v", "amp=v", "amp;=v", "x26;goal=v", "%2339;goal=v", "%23x27;goal=v", "%23%38goal2=v", "goals=v", "goal.=v", "_goal=v", "lt;goal=v", "goal%00x=v",
	} {
		var s params.Set
		s.ScanQuery(params.Postbacks(), []byte(query))
		if got := s.Get(params.Goal); got != nil {
			t.Errorf("%s names a goal %q", query, got)
		}
	}
	for _, query := range []string{"ampid=v", "ampa=v"} {
		var s params.Set
		s.ScanQuery(params.Impressions(), []byte(query))
		if got := s.Get(params.Partner); got != nil {
			t.Errorf("%s names a partner %q", query, got)
		}
	}
}

// TestDamagedKeys: a key under a damaged name counts, and is not in the log.
func TestDamagedKeys(t *testing.T) {
	for _, query := range []string{"amp;key=secret", "KEY=secret", "%2338;Api_Key=secret%0D%0A", "key%3Dsecret", "amp;amp;secure=+secret+"} {
		s := params.Set{KeepRaw: true}
		s.ScanQuery(params.Postbacks(), []byte(query))
		if len(s.Keys) != 1 || string(s.Keys[0]) != "secret" || len(s.Raw) != 0 {
			t.Errorf("%s: keys %q, log %q", query, s.Keys, s.Raw)
		}
	}
}

func TestTrimmedValues(t *testing.T) {
	for value, want := range map[string]string{
		"A1%20": "A1", "A1%00": "A1", "%00A1": "A1", "A1%2500": "A1", "%20A1": "A1", "A1+": "A1", "A1%0D%0A": "A1", "%09A1%0A": "A1", "A1%C2%A0": "A1", "A1%A0": "A1", "%EF%BB%BFA1": "A1", "A1%E2%80%8B": "A1",
		"A1%2520": "A1", "A1%250d%250A": "A1", "%2520%2509A1": "A1", "A1%25C2%25A0%20": "A1", "+%20%0A": "", "%2520": "",
		"A+1": "A 1", "Voil%C3%A0": "Voilà", "100%25": "100%", "A%2541": "A%41", "-A1-": "-A1-",
	} {
		var s params.Set
		s.ScanQuery(params.Postbacks(), []byte("order_id="+value))
		if got := string(s.Get(params.OrderID)); got != want {
			t.Errorf("order_id=%s is %q, want %q", value, got, want)
		}
	}
}

func TestBlank(t *testing.T) {
	for _, word := range []string{
		"undefined", "Undefined", "null", "NULL", "None", "NaN", "nil", "<nil>", "(null)", "[null]", "N/A", "#N/A", "-", "--", "0", "000", "0.00", "?", "false", "[object Object]", "{}", `""`,
		"00000000-0000-0000-0000-000000000000", "%20null%0D%0A",
		"'null'", "`null`", "<null>", "{null}", "$null", "“null”", "'0'", "(0.00)", "()", "$", "—", "n.a.", "n/a.", "(not set)", "not_set",
		"undefined,undefined", "undefinedundefined", "undefined undefined undefined", "null|null", "null_NULL", "None; None", "[null,null]", "N/A N/A", "NaN-undefined", "NaNundefined", "undef", "missing", `"null","null"`,
	} {
		var s params.Set
		s.ScanQuery(params.Postbacks(), []byte("order_id="+strings.NewReplacer("#", "%23", ";", "%3B").Replace(word)+"&txid="))
		if !s.Blank(params.OrderID) || s.Filled(params.OrderID) != nil {
			t.Errorf("order_id=%s counts as given", word)
		}
	}
	for _, word := range []string{"A-1", "None-1", "null0", "1", "01", "10", "0x", "nullable", "N/A-7", "-1", "A", "nan7", "00000000-0000-0000-0000-000000000001", "NONE2024", "ORDER",
		"none-of-it", "nullundefined", "NANA", "null-7", "7-null", "Nilsson", "Na2", "SALE", "'A'", "#1001", "1,000", "ö", "notset1", "arrays", "not", "n",
	} {
		var s params.Set
		s.ScanQuery(params.Postbacks(), []byte("order_id="+word))
		if s.Blank(params.OrderID) || string(s.Filled(params.OrderID)) != word {
			t.Errorf("order_id=%s counts as not given", word)
		}
	}
}

// TestBlankGivesWay: of two synonyms the one that is filled in counts.
func TestBlankGivesWay(t *testing.T) {
	for _, tc := range []struct {
		query string
		param params.Param
		want  string
	}{
		{"order_id=undefined&txid=A1", params.OrderID, "A1"},
		{"order_id=A1&txid=undefined", params.OrderID, "A1"},
		{"order_id=0&txid=A1", params.OrderID, "A1"},
		{"order_id=null&order_id=A1", params.OrderID, "null"}, // sent twice
		{"clickid=null&tid=abc", params.ClickID, "abc"},
		{"amount=null&sum=5", params.Amount, "5"},
		{"amount=0&sum=5", params.Amount, "0"},
		{"goal_id=0", params.GoalID, "0"},
	} {
		var s params.Set
		s.ScanQuery(params.Postbacks(), []byte(tc.query))
		if got := string(s.Get(tc.param)); got != tc.want {
			t.Errorf("%s: %q, want %q", tc.query, got, tc.want)
		}
	}
	var s params.Set
	s.ScanQuery(params.Postbacks(), []byte("amount=0&goal_id=0"))
	if s.Blank(params.Amount) || s.Blank(params.GoalID) {
		t.Error("an amount of 0 or goal_id=0 counts as not given")
	}
}

func TestDamagedNamesDoNotAllocate(t *testing.T) {
	table := params.Clicks()
	query := []byte("OFFER=1001&amp;partner=2002&amp;sub1=a&utm_source=x&Some_Other=1")
	var s params.Set
	if n := testing.AllocsPerRun(100, func() {
		s.Reset()
		s.ScanQuery(table, query)
	}); n != 0 {
		t.Fatalf("a damaged query costs %v allocations", n)
	}
}
