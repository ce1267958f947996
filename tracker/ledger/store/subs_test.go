package store

import "testing"

func TestSubsComeBackAsTheyWere(t *testing.T) {
	for _, subs := range [][10]string{
		{},
		{"campaign-7", "click-1", "banner"},
		{"", "", "third"},
		{"a,b", `a","b`, `"`, `\`, `\"`, "\n", "ä", "[", "]", `",`},
		{9: "last"},
		{`","`},
	} {
		text := subsText(&subs)
		var got [10]string
		if err := parseSubs(text, &got); err != nil || got != subs {
			t.Errorf("%s is read as %q, %v; want %q", text, got, err, subs)
		}
	}
	for _, damaged := range []string{`["a"`, `["a" , 1]`, `["a"b"]`, `a"]`, ``} {
		if err := parseSubs(damaged, new([10]string)); err == nil {
			t.Errorf("%s is read", damaged)
		}
	}
}

func TestDirectRowIsReadIntoItsTypesOnly(t *testing.T) {
	row := directRow{"text", int64(7), []byte{1}, nil}
	var text string
	var number int64
	var blob, none []byte
	if err := row.Scan(&text, &number, &blob, &none); err != nil || text != "text" || number != 7 || len(blob) != 1 || none != nil {
		t.Errorf("read %q, %d, %v, %v, %v", text, number, blob, none, err)
	}
	for _, dest := range [][]any{{&text}, {&number, &number, &blob, &none}, {&text, &number, &blob, &text}, {&text, new(int), &blob, &none}} {
		if err := row.Scan(dest...); err == nil {
			t.Errorf("it was read into %T", dest)
		}
	}
}
