package suspensions

import (
	"strings"
	"testing"
	"time"

	"github.com/waypost/waypost/controllers/status"
)

func at(minute int) time.Time { return time.Date(2026, 11, 20, 12, minute, 0, 500, time.UTC) }

func TestCondition(t *testing.T) {
	sales := suspension{Network: "net", Partner: "blog", Name: "sales", HTTPStatus: 502, Error: "answered Bad Gateway", SuspendedAt: at(7)}
	trials := suspension{Network: "net", Partner: "blog", Name: "a-trial", Error: "no such host", SuspendedAt: at(3)}
	other := suspension{Network: "net", Partner: "mail", Name: "all", HTTPStatus: 404, SuspendedAt: at(5)}
	all := byPartner([]suspension{sales, other, trials})
	if len(all) != 2 {
		t.Fatalf("%d partners, want 2", len(all))
	}
	for key, list := range all {
		c := condition(list, 4)
		want, since := `suspended after ten failures in a row: "all" since 2026-11-20T12:05:00Z (HTTP 404); calls wait`, at(5)
		if key.Name == "blog" {
			want = `suspended after ten failures in a row: "a-trial" since 2026-11-20T12:03:00Z (no such host), "sales" since 2026-11-20T12:07:00Z (HTTP 502); calls wait`
			since = at(3) // the earliest
		}
		if !strings.HasPrefix(c.Message, want) {
			t.Errorf("%s: %s\nwant %s…", key, c.Message, want)
		}
		if c.ObservedGeneration != 4 || !c.LastTransitionTime.Time.Equal(since.Truncate(time.Second)) {
			t.Errorf("%s: generation %d, since %s", key, c.ObservedGeneration, c.LastTransitionTime)
		}
		if !same(c, condition(list, 4)) || same(c, condition(list, 5)) || same(c, nil) || same(nil, c) || !same(nil, nil) {
			t.Errorf("%s: what is the same is not told from what differs", key)
		}
	}
}

func TestConditionMessageIsBounded(t *testing.T) {
	list := make([]suspension, 20)
	for i := range list {
		list[i] = suspension{Name: "x", Error: strings.Repeat("é", 2000)}
	}
	if n := len(condition(list, 1).Message); n > status.MaxMessage {
		t.Errorf("a message of %d bytes", n)
	}
}
