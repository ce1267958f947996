package money

import (
	"fmt"
	"strconv"
)

// String formats the amount with 2 to 6 decimals, as every answer of Waypost
// shows money: "12.50", "0.000001".
func (a Amount) String() string {
	var room [24]byte
	return string(a.Append(room[:0]))
}

// Append appends String's text to dst, without allocating.
func (a Amount) Append(dst []byte) []byte {
	return appendUnits(dst, int64(a), amountUnit, amountDecimals, 2)
}

// String formats the percentage with as few decimals as it needs: "25", "7.5".
func (p Percent) String() string {
	var room [24]byte
	return string(appendUnits(room[:0], int64(p), percentUnit, percentDecimals, 0))
}

// MarshalText makes the amount a decimal string in JSON and YAML, never a number
// that a reader could take for a float.
func (a Amount) MarshalText() ([]byte, error) {
	return a.Append(nil), nil
}

// UnmarshalText reads what MarshalText writes.
func (a *Amount) UnmarshalText(text []byte) error {
	n, err := parseSigned(string(text))
	if err != nil {
		return fmt.Errorf("amount %.40q: %w", text, err)
	}
	*a = n
	return nil
}

// MarshalText makes the percentage a decimal string in JSON and YAML.
func (p Percent) MarshalText() ([]byte, error) {
	return []byte(p.String()), nil
}

// UnmarshalText reads what MarshalText writes.
func (p *Percent) UnmarshalText(text []byte) error {
	n, err := ParsePercent(string(text))
	if err != nil {
		return err
	}
	*p = n
	return nil
}

// appendUnits appends n/unit with at least least and at most decimals decimals.
func appendUnits(dst []byte, n int64, unit uint64, decimals, least int) []byte {
	magnitude := uint64(n)
	if n < 0 {
		dst = append(dst, '-')
		magnitude = -magnitude // right for the smallest int64 too
	}
	dst = strconv.AppendUint(dst, magnitude/unit, 10)
	fraction := magnitude % unit
	if fraction == 0 && least == 0 {
		return dst
	}
	dst = append(dst, '.')
	for place := 1; place <= decimals && (place <= least || fraction != 0); place++ {
		unit /= 10
		dst = append(dst, '0'+byte(fraction/unit))
		fraction %= unit
	}
	return dst
}
