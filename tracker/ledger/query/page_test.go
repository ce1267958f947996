package query

import (
	"testing"
	"time"
)

func TestFirstID(t *testing.T) {
	// The example of the ULID specification, whose ids these are.
	at := time.UnixMilli(1469918176385)
	if got, want := firstID(at), "01ARYZ6S410000000000000000"; got != want {
		t.Errorf("firstID = %s, want %s", got, want)
	}
	if early := firstID(time.UnixMilli(-5)); early != "00000000000000000000000000" {
		t.Errorf("before 1970: %s", early)
	}
}

func TestValidCursor(t *testing.T) {
	for s, want := range map[string]bool{
		"01ARYZ6S41TSV4RRFFQ69G5FAV":  true,
		"01ARYZ6S41TSV4RRFFQ69G5FA":   false,
		"01ARYZ6S41TSV4RRFFQ69G5FA'":  false,
		"01aryz6s41tsv4rrffq69g5fav":  false,
		"":                            false,
		"01ARYZ6S41TSV4RRFFQ69G5FAV1": false,
	} {
		if got := validCursor(s); got != want {
			t.Errorf("validCursor(%q) = %v", s, got)
		}
	}
}

func TestDivide(t *testing.T) {
	for _, tc := range []struct{ a, b, c, want int64 }{
		{1500, 1, 1000, 2}, {2500, 1, 1000, 2}, {2501, 1, 1000, 3}, {499, 1, 1000, 0}, {-5, 1, 2, 0},
		{1 << 62, 1000, 10, 1<<63 - 1}, {1 << 62, 1000, 1000, 1 << 62},
	} {
		if got := divide(tc.a, tc.b, tc.c); got != tc.want {
			t.Errorf("%d*%d/%d = %d, want %d", tc.a, tc.b, tc.c, got, tc.want)
		}
	}
}

func TestDayStart(t *testing.T) {
	for _, tc := range []struct{ zone, day, want string }{
		{"UTC", "2026-11-20", "2026-11-20T00:00:00Z"},
		{"Europe/Berlin", "2026-03-29", "2026-03-29T00:00:00+01:00"},
		{"Asia/Beirut", "2026-03-29", "2026-03-29T01:00:00+03:00"},      // midnight does not exist
		{"America/Havana", "2026-11-01", "2026-11-01T00:00:00-04:00"},   // midnight comes twice
		{"America/Asuncion", "2023-10-01", "2023-10-01T01:00:00-03:00"}, // midnight does not exist
	} {
		loc, err := time.LoadLocation(tc.zone)
		if err != nil {
			t.Fatal(err)
		}
		day, err := time.Parse(time.DateOnly, tc.day)
		if err != nil {
			t.Fatal(err)
		}
		if got := dayStart(day.Year(), day.Month(), day.Day(), loc).Format(time.RFC3339); got != tc.want {
			t.Errorf("%s in %s begins %s, want %s", tc.day, tc.zone, got, tc.want)
		}
	}
}
