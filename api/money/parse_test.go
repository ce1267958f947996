package money

import (
	"errors"
	"math/big"
	"regexp"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	for _, test := range []struct {
		text string
		want Amount
		err  error
	}{
		{text: "0", want: 0},
		{text: "0.00", want: 0},
		{text: "12.50", want: 12_500_000},
		{text: "12.5", want: 12_500_000},
		{text: "007", want: 7_000_000},
		{text: "0.000001", want: 1},
		{text: "0.100001", want: 100_001},
		{text: "9999999999.999999", want: Max},
		{text: "10000000000", err: ErrRange},
		{text: "00000000001", err: ErrRange},
		{text: strings.Repeat("9", 400), err: ErrRange},
		{text: "0.0000001", err: ErrSyntax},
		{text: "", err: ErrSyntax},
		{text: ".5", err: ErrSyntax},
		{text: "5.", err: ErrSyntax},
		{text: ".", err: ErrSyntax},
		{text: "-1", err: ErrSyntax},
		{text: "+1", err: ErrSyntax},
		{text: "1e3", err: ErrSyntax},
		{text: "1E3", err: ErrSyntax},
		{text: "1,50", err: ErrSyntax},
		{text: "1_000", err: ErrSyntax},
		{text: "1.2.3", err: ErrSyntax},
		{text: " 1", err: ErrSyntax},
		{text: "1 ", err: ErrSyntax},
		{text: "1\n", err: ErrSyntax},
		{text: "0x10", err: ErrSyntax},
		{text: "NaN", err: ErrSyntax},
		{text: "Inf", err: ErrSyntax},
		{text: "１", err: ErrSyntax}, // a full-width digit
		{text: "٣", err: ErrSyntax}, // an Arabic digit
		{text: "$5", err: ErrSyntax},
	} {
		got, err := Parse(test.text)
		if got != test.want || !errors.Is(err, test.err) {
			t.Errorf("Parse(%.20q) = %d, %v; want %d, %v", test.text, got, err, test.want, test.err)
		}
	}
}

func TestParseSale(t *testing.T) {
	for _, test := range []struct {
		text string
		want Amount
		err  error
	}{
		{text: "100", want: 100_000_000}, // a hundred, not a dollar
		{text: "1", want: 1_000_000},
		{text: "999999999.999999", want: 999_999_999_999_999},
		{text: "1000000000", err: ErrRange},
		{text: "0", want: 0},
		{text: "", err: ErrSyntax}, // the caller takes empty for not given
		{text: "1,5", err: ErrSyntax},
		{text: "-5", err: ErrSyntax},
		{text: "1e2", err: ErrSyntax},
		{text: "1 0", err: ErrSyntax},
		{text: ".5", err: ErrSyntax},
		{text: "5.", err: ErrSyntax},
		{text: "1.0000000", err: ErrSyntax},
	} {
		got, err := ParseSale(test.text)
		if got != test.want || !errors.Is(err, test.err) {
			t.Errorf("ParseSale(%q) = %d, %v; want %d, %v", test.text, got, err, test.want, test.err)
		}
	}
}

func TestParsePercent(t *testing.T) {
	for _, test := range []struct {
		text string
		want Percent
		err  error
	}{
		{text: "25", want: 2_500_000},
		{text: "7.5", want: 750_000},
		{text: "0.00001", want: 1},
		{text: "1000", want: MaxPercent},
		{text: "1000.00000", want: MaxPercent},
		{text: "1000.00001", err: ErrRange},
		{text: "9999", err: ErrRange},
		{text: "10000", err: ErrRange},
		{text: "0.000001", err: ErrSyntax},
		{text: "25%", err: ErrSyntax},
		{text: "-25", err: ErrSyntax},
		{text: "", err: ErrSyntax},
	} {
		got, err := ParsePercent(test.text)
		if got != test.want || !errors.Is(err, test.err) {
			t.Errorf("ParsePercent(%q) = %d, %v; want %d, %v", test.text, got, err, test.want, test.err)
		}
	}
}

func TestParseErrorsSayWhatToDo(t *testing.T) {
	_, err := Parse("12,50")
	if err == nil || !strings.Contains(err.Error(), `"12,50"`) || !strings.Contains(err.Error(), "such as 12.50") {
		t.Errorf("Parse: %v", err)
	}
	if _, err := Parse(strings.Repeat("x", 10_000)); len(err.Error()) > 200 {
		t.Errorf("the error repeats %d bytes of foreign input", len(err.Error()))
	}
}

var (
	amountGrammar = regexp.MustCompile(`\A[0-9]{1,10}(\.[0-9]{1,6})?\z`)
	saleGrammar   = regexp.MustCompile(`\A[0-9]{1,9}(\.[0-9]{1,6})?\z`)
)

// FuzzParse holds the parsers against the grammars of docs/rules.md and docs/goal.md and math/big.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{"12.50", "0", "9999999999.999999", "1e9", "-1", "1.", "٣", "00.1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		checkAgainst(t, s, Parse, amountGrammar)
		checkAgainst(t, s, ParseSale, saleGrammar)
	})
}

func checkAgainst(t *testing.T, s string, parse func(string) (Amount, error), grammar *regexp.Regexp) {
	t.Helper()
	got, err := parse(s)
	if (err == nil) != grammar.MatchString(s) {
		t.Fatalf("%q: error %v, grammar %t", s, err, grammar.MatchString(s))
	}
	if err != nil {
		return
	}
	want, _ := new(big.Rat).SetString(s)
	if want.Mul(want, big.NewRat(amountUnit, 1)); want.Cmp(big.NewRat(int64(got), 1)) != 0 {
		t.Fatalf("%q is %d millionths, want %s", s, got, want)
	}
	if again, err := Parse(got.String()); err != nil || again != got {
		t.Fatalf("%q came back from %q as %d, %v", s, got, again, err)
	}
}

func BenchmarkParseSale(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ParseSale("1234.56"); err != nil {
			b.Fatal(err)
		}
	}
}
