package money

import (
	"errors"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

// TestCalculateByHand has results worked out on paper.
func TestCalculateByHand(t *testing.T) {
	for _, test := range []struct {
		name                string
		flat, sale, percent string
		want                string
	}{
		{"nothing", "0", "0", "0", "0.00"},
		{"flat alone", "1.40", "100", "0", "1.40"},
		{"a quarter", "0", "200", "25", "50.00"},
		{"both terms", "1", "9.99", "20", "2.998"},
		{"a hundred is a hundred", "0", "100", "1", "1.00"},
		{"tie to even, down", "0", "0.000005", "10", "0.00"},                      // 0.5 millionths
		{"tie to even, up", "0", "0.000015", "10", "0.000002"},                    // 1.5
		{"tie to even, down again", "0", "0.000025", "10", "0.000002"},            // 2.5
		{"the flat term moves the tie", "0.000001", "0.000005", "10", "0.000002"}, // 1.5, not 1 + 0
		{"just above a tie", "0", "0.000005", "10.00001", "0.000001"},
		{"just below a tie", "0", "0.000005", "9.99999", "0.00"},
		{"largest sale, most percent", "0", "999999999.999999", "1000", "9999999999.99999"},
		{"largest result", "9999999999.999999", "0", "0", "9999999999.999999"},
		{"a third of a cent", "0", "0.01", "33.33333", "0.003333"},
	} {
		got, err := Calculate(amount(t, test.flat), amount(t, test.sale), percent(t, test.percent))
		if err != nil || got.String() != test.want {
			t.Errorf("%s: %s + %s * %s %% = %s, %v; want %s", test.name, test.flat, test.sale, test.percent, got, err, test.want)
		}
	}
}

func TestCalculateRange(t *testing.T) {
	for _, test := range []struct {
		name       string
		flat, sale Amount
		percent    Percent
	}{
		{"one millionth too much", Max, 1_000_000, 10},
		{"rounded up beyond", Max, 5, 1_000_000 + 1},
		{"ten times the largest", 0, Max, MaxPercent},
		{"product beyond 128 bits / scale", 0, math.MaxInt64, math.MaxInt64},
		{"flat beyond", math.MaxInt64, 0, 0},
		{"negative flat", -1, 100, 100},
		{"negative sale", 1, -100, 100},
		{"negative percent", 1, 100, -100},
		{"smallest numbers", math.MinInt64, math.MinInt64, math.MinInt64},
	} {
		if got, err := Calculate(test.flat, test.sale, test.percent); !errors.Is(err, ErrRange) || got != 0 {
			t.Errorf("%s: %s, %v; want ErrRange", test.name, got, err)
		}
	}
}

// TestCalculateEqualsBig compares with exact fractions over numbers of every
// magnitude, ties and borders among them.
func TestCalculateEqualsBig(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 11))
	ties, beyond := 0, 0
	for range 200_000 {
		flat, sale, percent := anyTerms(random)
		tie := checkCalculate(t, flat, sale, percent, &beyond)
		if tie {
			ties++
		}
	}
	if ties < 1000 || beyond < 1000 {
		t.Errorf("the generator made %d ties and %d results out of range: too few to mean anything", ties, beyond)
	}
}

// FuzzCalculate is the same comparison on foreign numbers.
func FuzzCalculate(f *testing.F) {
	f.Add(int64(1), int64(5), int64(1_000_000))
	f.Add(int64(Max), int64(5), int64(1_000_001))
	f.Add(int64(math.MaxInt64), int64(math.MaxInt64), int64(math.MaxInt64))
	f.Fuzz(func(t *testing.T, flat, sale, percent int64) {
		beyond := 0
		checkCalculate(t, Amount(flat), Amount(sale), Percent(percent), &beyond)
	})
}

// anyTerms makes terms of every magnitude; one in four makes a tie likely, one in
// eight a result out of range.
func anyTerms(random *rand.Rand) (flat, sale Amount, percent Percent) {
	flat = Amount(random.Int64N(int64(Max)+1) >> random.IntN(54))
	sale = Amount(random.Int64N(int64(Max)+1) >> random.IntN(54))
	percent = Percent(random.Int64N(int64(MaxPercent)+1) >> random.IntN(27))
	switch random.IntN(8) {
	case 0, 1:
		sale = Amount(random.Int64N(1_000_000)) * 5
		percent = Percent(1+2*random.Int64N(50)) * 1_000_000
	case 2:
		sale = Max - Amount(random.Int64N(int64(Max/2)))
		percent = Percent(random.Int64N(int64(MaxPercent / 5)))
	}
	return flat, sale, percent
}

// checkCalculate compares one result with the exact one and reports whether it was a tie.
func checkCalculate(t *testing.T, flat, sale Amount, percent Percent, beyond *int) (tie bool) {
	t.Helper()
	got, err := Calculate(flat, sale, percent)
	if flat < 0 || sale < 0 || percent < 0 {
		if !errors.Is(err, ErrRange) {
			t.Fatalf("%d + %d * %d: %v, want ErrRange for a negative term", flat, sale, percent, err)
		}
		return false
	}
	want, tie := exact(flat, sale, percent)
	if want.Cmp(big.NewInt(int64(Max))) > 0 {
		*beyond++
		if !errors.Is(err, ErrRange) {
			t.Fatalf("%d + %d * %d: %v, want ErrRange for %s", flat, sale, percent, err, want)
		}
		return tie
	}
	if err != nil || want.Cmp(big.NewInt(int64(got))) != 0 {
		t.Fatalf("%d + %d * %d = %d, %v; want %s", flat, sale, percent, got, err, want)
	}
	return tie
}

// exact is the oracle: one fraction, rounded half to even to a whole millionth.
func exact(flat, sale Amount, percent Percent) (rounded *big.Int, tie bool) {
	product := new(big.Int).Mul(big.NewInt(int64(sale)), big.NewInt(int64(percent)))
	value := new(big.Rat).SetFrac(product, big.NewInt(10_000_000))
	value.Add(value, new(big.Rat).SetInt64(int64(flat)))
	floor := new(big.Int).Quo(value.Num(), value.Denom())
	rest := new(big.Rat).Sub(value, new(big.Rat).SetInt(floor))
	switch rest.Cmp(big.NewRat(1, 2)) {
	case 1:
		floor.Add(floor, big.NewInt(1))
	case 0:
		floor.Add(floor, big.NewInt(int64(floor.Bit(0))))
		return floor, true
	}
	return floor, false
}

func TestCalculateAllocatesNothing(t *testing.T) {
	n := testing.AllocsPerRun(100, func() {
		if _, err := Calculate(1_000_000, 99_990_000, 2_000_000); err != nil {
			t.Fatal(err)
		}
	})
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkCalculate(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Calculate(1_000_000, 99_990_000, 2_000_000); err != nil {
			b.Fatal(err)
		}
	}
}

func amount(t *testing.T, s string) Amount {
	t.Helper()
	a, err := Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func percent(t *testing.T, s string) Percent {
	t.Helper()
	p, err := ParsePercent(s)
	if err != nil {
		t.Fatal(err)
	}
	return p
}
