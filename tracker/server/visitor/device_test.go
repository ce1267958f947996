package visitor_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/waypost/waypost/tracker/server/visitor"
)

func TestDevices(t *testing.T) {
	const (
		windows = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
		mac     = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15"
		linux   = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
		iphone  = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1"
		ipad    = "Mozilla/5.0 (iPad; CPU OS 16_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/16.0 Mobile/15E148 Safari/604.1"
		phone   = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36"
		tablet  = "Mozilla/5.0 (Linux; Android 13; SM-X906C) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
		google  = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
	)
	devices := visitor.NewDevices()
	for _, tt := range []struct{ ua, kind, os string }{
		{windows, "desktop", "Windows"},
		{mac, "desktop", "macOS"},
		{linux, "desktop", "Linux"},
		{iphone, "mobile", "iOS"},
		{ipad, "tablet", "iOS"},
		{phone, "mobile", "Android"},
		{tablet, "tablet", "Android"},
		{google, "bot", ""},
		{"", "", ""},
		{"-", "", ""},
		{strings.Repeat("(", 5000), "", ""},
	} {
		for range 2 { // the second time it is remembered
			got := devices.Of([]byte(tt.ua))
			if got.Kind != tt.kind || got.OS != tt.os {
				t.Errorf("%.60q is %+v, want %s, %s", tt.ua, got, tt.kind, tt.os)
			}
		}
	}
}

func TestDevicesDoNotKeepTheRequest(t *testing.T) {
	devices := visitor.NewDevices()
	ua := []byte("Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0")
	devices.Of(ua)
	copy(ua, "Mozilla/5.0 (Windows NT 10.0")
	if got := devices.Of([]byte("Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0")); got.OS != "Linux" {
		t.Errorf("after the request's memory was used again: %+v", got)
	}
}

func TestDevicesUnderConcurrency(t *testing.T) {
	devices := visitor.NewDevices()
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for i := range 200 {
				ua := "Mozilla/5.0 (X11; Linux x86_64; rv:" + strings.Repeat("1", i%7) + ") Gecko/20100101 Firefox/145.0"
				if got := devices.Of([]byte(ua)); got.OS != "Linux" {
					t.Errorf("%q is %+v", ua, got)
				}
			}
		})
	}
	wg.Wait()
}

func TestAKnownDeviceDoesNotAllocate(t *testing.T) {
	devices := visitor.NewDevices()
	ua := []byte("Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0")
	devices.Of(ua)
	if n := testing.AllocsPerRun(100, func() { devices.Of(ua) }); n != 0 {
		t.Fatalf("%v allocations", n)
	}
}

func FuzzDevices(f *testing.F) {
	f.Add([]byte("Mozilla/5.0 (X11; Linux"))
	f.Add([]byte("a/()+http://x;"))
	f.Fuzz(func(t *testing.T, ua []byte) {
		switch got := visitor.NewDevices().Of(ua); got.Kind {
		case "", "desktop", "mobile", "tablet", "bot":
		default:
			t.Errorf("%q is a %q", ua, got.Kind)
		}
	})
}
