//go:build !race

package server_test

import (
	"fmt"
	"testing"
	"time"
)

// The race detector makes sync.Pool forget at random, so this is not for it.

// The click path allocates nothing; neither does that of an impression.
func TestClicksAndImpressionsDoNotAllocate(t *testing.T) {
	s, _ := benchServer(t, nowhere{})
	handler := s.Handler()
	for _, uri := range []string{
		"/click?" + realistic, "/impression?" + realistic, "/aff_c?offer_id=1001&aff_id=2002&aff_sub=a%20b",
		"/click?offer=1001&partner=2002&redirect=https%3A%2F%2Fshop.example%2Fred", "/click?offer=9&partner=2002",
		"/click?" + realistic + "&q=" + fmt.Sprint(time.Now().Unix()),
	} {
		ctx := newContext(t, uri, "User-Agent", chrome, "Referer", "https://blog.example/post", "Cookie", "a=b; c=d")
		run := func() {
			ctx.Response.Reset()
			handler(ctx)
		}
		run()
		if n := testing.AllocsPerRun(200, run); n != 0 {
			t.Errorf("%s: %v allocations", uri, n)
		}
	}
}
