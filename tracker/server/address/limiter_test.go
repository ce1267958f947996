package address_test

import (
	"encoding/binary"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/waypost/waypost/tracker/server/address"
)

func TestLimiterAllowsABurstAndThenTheRate(t *testing.T) {
	l := address.NewLimiter(address.Rate{PerSecond: 10, Burst: 5})
	a := netip.MustParseAddr("203.0.113.9")
	now := time.Unix(1_700_000_000, 0)
	if n := allowed(l, a, now, 20); n != 5 {
		t.Errorf("%d at once, want the burst of 5", n)
	}
	if n := allowed(l, a, now.Add(100*time.Millisecond), 20); n != 1 {
		t.Errorf("%d a tenth of a second later, want 1", n)
	}
	if n := allowed(l, a, now.Add(10*time.Second), 20); n != 5 {
		t.Errorf("%d after a rest, want the burst of 5 and no more", n)
	}
}

func TestLimiterKeepsAddressesApart(t *testing.T) {
	l := address.NewLimiter(address.Rate{PerSecond: 1, Burst: 1})
	now := time.Unix(1_700_000_000, 0)
	for _, tt := range []struct {
		addr string
		want bool
		why  string
	}{
		{"203.0.113.9", true, "the first"},
		{"203.0.113.9", false, "the same again"},
		{"203.0.113.10", true, "the next address"},
		{"2001:db8:0:1::1", true, "a v6 network"},
		{"2001:db8:0:1::2", false, "the same /64"},
		{"2001:db8:0:2::1", true, "another /64"},
		{"127.0.0.1", true, "loopback"},
		{"127.0.0.1", true, "loopback again"},
		{"::1", true, "loopback"},
		{"::1", true, "loopback again"},
	} {
		if got := l.Allow(netip.MustParseAddr(tt.addr), now); got != tt.want {
			t.Errorf("%s (%s): %v", tt.addr, tt.why, got)
		}
	}
}

func TestTheBurstIsTwoSecondsWorthByDefault(t *testing.T) {
	l := address.NewLimiter(address.Rate{PerSecond: 10})
	if n := allowed(l, netip.MustParseAddr("203.0.113.9"), time.Unix(1_700_000_000, 0), 100); n != 20 {
		t.Errorf("%d at once, want 20", n)
	}
}

func TestNoLimit(t *testing.T) {
	l := address.NewLimiter(address.Rate{})
	if n := allowed(l, netip.MustParseAddr("203.0.113.9"), time.Unix(0, 0), 1000); n != 1000 {
		t.Errorf("%d of 1000 without a limit", n)
	}
}

// A flood of addresses must not grow memory, and must not limit one that asks rarely.
func TestLimiterForgetsRatherThanPunishes(t *testing.T) {
	l := address.NewLimiter(address.Rate{PerSecond: 1, Burst: 1})
	now := time.Unix(1_700_000_000, 0)
	refused := 0
	for i := range uint32(300_000) {
		var b [4]byte
		binary.BigEndian.PutUint32(b[:], 0x0b000000+i)
		if !l.Allow(netip.AddrFrom4(b), now) {
			refused++
		}
	}
	if refused != 0 {
		t.Errorf("%d addresses were refused their first request", refused)
	}
}

func TestLimiterUnderConcurrency(t *testing.T) {
	l := address.NewLimiter(address.Rate{PerSecond: 100, Burst: 50})
	a := netip.MustParseAddr("203.0.113.9")
	now := time.Unix(1_700_000_000, 0)
	l.Allow(a, now.Add(-time.Hour)) // the slot is taken before they race for it
	var got atomic.Int64
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() { got.Add(int64(allowed(l, a, now, 100))) })
	}
	wg.Wait()
	if n := got.Load(); n != 50 {
		t.Errorf("%d allowed in all, want 50", n)
	}
}

func TestAllowDoesNotAllocate(t *testing.T) {
	l := address.NewLimiter(address.Rate{PerSecond: 1000, Burst: 1000})
	a, now := netip.MustParseAddr("2001:db8::1"), time.Unix(1_700_000_000, 0)
	if n := testing.AllocsPerRun(100, func() { l.Allow(a, now) }); n != 0 {
		t.Fatalf("Allow allocates %v times", n)
	}
}

func allowed(l *address.Limiter, a netip.Addr, now time.Time, tries int) int {
	n := 0
	for range tries {
		if l.Allow(a, now) {
			n++
		}
	}
	return n
}
