package server_test

import (
	"context"
	"testing"
	"time"

	"github.com/waypost/waypost/tracker/journal"
	"github.com/waypost/waypost/tracker/server"
)

// An override begins and ends at its very second, without any new snapshot.
func TestOverridesSwitchAtTheirSecond(t *testing.T) {
	at := now
	w := newWorld(t, func(o *server.Options) { o.Now = func() time.Time { return at } })
	handler := w.server.Handler()
	for _, tt := range []struct {
		after time.Duration
		want  string
	}{
		{0, ""},
		{10*time.Second - time.Microsecond, ""},
		{10 * time.Second, "deals/soon"},
		{15 * time.Second, "deals/soon"},
		{20*time.Second - time.Microsecond, "deals/soon"},
		{20 * time.Second, ""},
		{12 * time.Second, "deals/soon"}, // a clock set back
		{-time.Hour, ""},
	} {
		at = now.Add(tt.after)
		handler(newContext(t, "/postback?goal=buy&clickid="+w.clickID(network, "1001", "2003")))
		got := ""
		if o := w.journal.one().Postback.Terms.Pricing.Payout.Override; o != nil {
			got = o.Name
		}
		if got != tt.want {
			t.Errorf("after %s the override is %q, want %q", tt.after, got, tt.want)
		}
	}
}

// Postbacks of one goal and partner share their terms; others do not.
func TestTermsAreShared(t *testing.T) {
	var keep keeper
	s, ring := benchServer(t, &keep)
	w := &world{ring: ring, minter: minter(t, ring)}
	for _, query := range []string{
		"goal=buy&clickid=" + w.clickID(network, "1001", "2002"), "goal=Buy&clickid=" + w.clickID(network, "1001", "2002"),
		"goal=buy&clickid=" + w.clickID(network, "1001", "2003"), "clickid=" + w.clickID(network, "1001", "2002"),
		"clickid=" + w.clickID(network, "1017", "2002"), "goal=none&clickid=" + w.clickID(network, "1001", "2002"),
	} {
		s.Handler()(newContext(t, "/postback?"+query))
	}
	seen := keep.terms
	if seen[0] != seen[1] {
		t.Error("the same goal and partner have other terms")
	}
	for i := range seen[2:] {
		if seen[i+2] == seen[0] || seen[i+2] == nil {
			t.Errorf("postback %d has the terms of another", i+3)
		}
	}
}

// keeper keeps the terms themselves, not a copy.
type keeper struct {
	nowhere
	terms []*journal.Terms
}

func (k *keeper) Postback(_ context.Context, p *journal.Postback) (journal.Verdict, error) {
	k.terms = append(k.terms, p.Terms)
	return journal.Verdict{}, nil
}
