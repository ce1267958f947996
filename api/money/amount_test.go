package money

import (
	"errors"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

func TestAddAndSubAgreeWithBig(t *testing.T) {
	borders := []Amount{0, 1, -1, Max, -Max, math.MaxInt64, math.MinInt64, math.MaxInt64 - 1, math.MinInt64 + 1}
	random := rand.New(rand.NewPCG(3, 5))
	for range 1000 {
		borders = append(borders, Amount(random.Uint64())>>random.IntN(64))
	}
	for _, a := range borders {
		for _, b := range borders[:200] {
			sum, err := a.Add(b)
			checkSum(t, "+", a, b, sum, err, new(big.Int).Add(big.NewInt(int64(a)), big.NewInt(int64(b))))
			difference, err := a.Sub(b)
			checkSum(t, "-", a, b, difference, err, new(big.Int).Sub(big.NewInt(int64(a)), big.NewInt(int64(b))))
		}
	}
}

func checkSum(t *testing.T, operator string, a, b, got Amount, err error, want *big.Int) {
	t.Helper()
	if !want.IsInt64() {
		if !errors.Is(err, ErrRange) {
			t.Fatalf("%d %s %d = %d, %v; want ErrRange", a, operator, b, got, err)
		}
		return
	}
	if err != nil || int64(got) != want.Int64() {
		t.Fatalf("%d %s %d = %d, %v; want %s", a, operator, b, got, err, want)
	}
}
