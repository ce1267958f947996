package visitor_test

import (
	"context"
	"net/netip"
	"os"
	"testing"
	"time"

	"github.com/waypost/waypost/tracker/server/visitor"
)

func TestCountries(t *testing.T) {
	path := databasePath(t)
	writeDatabase(
		t, path,
		network{"203.0.113.0/24", "country", "AT"},
		network{"198.51.100.0/25", "registered_country", "DE"},
		network{"2001:db8::/32", "country", "CH"},
		network{"192.0.2.0/24", "country", "Narnia"},
	)
	countries, err := visitor.OpenCountries(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ addr, want string }{
		{"203.0.113.7", "AT"},
		{"::ffff:203.0.113.7", "AT"},
		{"198.51.100.1", "DE"},
		{"198.51.100.200", ""},
		{"2001:db8::1", "CH"},
		{"2001:db9::1", ""},
		{"192.0.2.1", ""},
		{"127.0.0.1", ""},
	} {
		for range 2 { // the second time the record is remembered
			if got := countries.Of(netip.MustParseAddr(tt.addr)); got != tt.want {
				t.Errorf("%s is in %q, want %q", tt.addr, got, tt.want)
			}
		}
	}
	if got := countries.Of(netip.Addr{}); got != "" {
		t.Errorf("no address is in %q", got)
	}
}

func TestWithoutADatabase(t *testing.T) {
	countries, err := visitor.OpenCountries("")
	if err != nil || countries.Of(netip.MustParseAddr("203.0.113.7")) != "" {
		t.Fatalf("%v, %v", countries, err)
	}
	countries.Watch(t.Context(), nil, nil) // returns at once
}

func TestOpenCountriesSaysWhatIsWrong(t *testing.T) {
	path := databasePath(t)
	if _, err := visitor.OpenCountries(path); err == nil {
		t.Error("a missing file is opened")
	}
	if err := os.WriteFile(path, []byte("no database"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := visitor.OpenCountries(path); err == nil {
		t.Error("a file that is no database is opened")
	}
}

func TestWatchReloadsAChangedFile(t *testing.T) {
	path := databasePath(t)
	writeDatabase(t, path, network{"203.0.113.0/24", "country", "AT"})
	age(t, path, 2*time.Hour)
	countries, err := visitor.OpenCountries(path)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ticks, errs, done := make(chan time.Time), make(chan error, 1), make(chan struct{})
	go func() {
		defer close(done)
		countries.Watch(ctx, ticks, func(err error) { errs <- err })
	}()
	addr := netip.MustParseAddr("203.0.113.7")

	writeDatabase(t, path, network{"203.0.113.0/24", "country", "LI"})
	age(t, path, time.Hour)
	ticks <- time.Time{}
	ticks <- time.Time{} // taken when the first one has been acted on
	if got := countries.Of(addr); got != "LI" {
		t.Errorf("after a reload %q", got)
	}

	if err := os.WriteFile(path+".bad", []byte("no database"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".bad", path); err != nil {
		t.Fatal(err)
	}
	ticks <- time.Time{}
	if err := <-errs; err == nil {
		t.Error("a broken file gives no error")
	}
	if got := countries.Of(addr); got != "LI" {
		t.Errorf("a broken file changed the answer to %q", got)
	}
	cancel()
	<-done
}

func age(t *testing.T, path string, by time.Duration) {
	t.Helper()
	at := time.Now().Add(-by)
	if err := os.Chtimes(path, at, at); err != nil {
		t.Fatal(err)
	}
}

func TestOfDoesNotAllocate(t *testing.T) {
	path := databasePath(t)
	writeDatabase(t, path, network{"203.0.113.0/24", "country", "AT"})
	countries, err := visitor.OpenCountries(path)
	if err != nil {
		t.Fatal(err)
	}
	addr := netip.MustParseAddr("203.0.113.7")
	countries.Of(addr)
	if n := testing.AllocsPerRun(100, func() { countries.Of(addr) }); n != 0 {
		t.Fatalf("%v allocations", n)
	}
}
