package store

import "testing"

func TestOneByOne(t *testing.T) {
	for _, c := range []struct{ query, element, want string }{
		{
			"SELECT id, at FROM clicks WHERE day = ? AND id IN (?*)", "bytea",
			"SELECT v.* FROM unnest(?::bytea[]) AS k (key) CROSS JOIN LATERAL (SELECT id, at FROM clicks WHERE day = ? AND id = k.key OFFSET 0) AS v",
		},
		{"SELECT clicks FROM rollup_day WHERE bucket >= ? AND cell IN (?*)", "bigint", ""},
		{"DELETE FROM parked WHERE id IN (?*)", "text", ""},
	} {
		if got, _ := oneByOne(c.query, c.element); got != c.want {
			t.Errorf("%s: %s", c.query, got)
		}
	}
}
