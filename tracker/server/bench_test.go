package server_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/waypost/waypost/api/seal"
	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/tracker/journal"
	"github.com/waypost/waypost/tracker/live"
	"github.com/waypost/waypost/tracker/server"
)

const chrome = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"

// nowhere is a journal that takes everything.
type nowhere struct{}

func (nowhere) Click(*journal.Click)           {}
func (nowhere) Impression(*journal.Impression) {}
func (nowhere) Postback(context.Context, *journal.Postback) (journal.Verdict, error) {
	return journal.Verdict{}, nil
}

// benchServer serves 10,000 offers into a journal.
func benchServer(b testing.TB, j server.Journal) (*server.Server, *seal.Keyring) {
	b.Helper()
	ring, err := seal.New(now)
	if err != nil {
		b.Fatal(err)
	}
	all := records(ring)
	for i := range 10_000 {
		all = append(all, offer(network, fmt.Sprintf("bench-%d", i), fmt.Sprint(100_000+i), func(o *snapshot.Offer) {
			o.Impressions = true
			o.Destinations = []snapshot.Destination{{Name: "main", URL: "https://adv.example/i?a={aimp_id}", Weight: 1}}
		}))
	}
	x, err := live.Build(1, all)
	if err != nil {
		b.Fatal(err)
	}
	s, err := server.New(server.Options{Snapshots: fixed{x}, Journal: j, Keys: ring})
	if err != nil {
		b.Fatal(err)
	}
	return s, ring
}

func benchmark(b *testing.B, uri string, want int) {
	s, _ := benchServer(b, nowhere{})
	ctx := newContext(b, uri, "User-Agent", chrome, "Referer", "https://blog.example/post", "Accept", "text/html,*/*", "Accept-Language", "en")
	handler := s.Handler()
	b.ReportAllocs()
	for b.Loop() {
		ctx.Response.Reset()
		handler(ctx)
	}
	if got := ctx.Response.StatusCode(); got != want {
		b.Fatalf("status %d", got)
	}
}

const realistic = "offer=104711&partner=2002&sub1=newsletter-11&sub2=4f9c2a&source=mail"

func BenchmarkClick(b *testing.B)      { benchmark(b, "/click?"+realistic, 302) }
func BenchmarkImpression(b *testing.B) { benchmark(b, "/impression?"+realistic, 200) }
func BenchmarkDeepLink(b *testing.B) {
	benchmark(b, "/click?offer=1001&partner=2002&sub1=a&redirect=https%3A%2F%2Fshop.example%2Fred%3Fa%3Db", 302)
}
func BenchmarkUnknownOffer(b *testing.B) { benchmark(b, "/click?offer=9&partner=2002", 302) }

func BenchmarkPostback(b *testing.B) {
	s, ring := benchServer(b, nowhere{})
	w := &world{ring: ring}
	w.minter = minter(b, ring)
	ctx := newContext(b, "/postback?clickid="+w.clickID(network, "1001", "2002")+"&goal=buy&amount=12.50&order_id=A-1&status=approved", "User-Agent", "Go")
	handler := s.Handler()
	b.ReportAllocs()
	for b.Loop() {
		ctx.Response.Reset()
		handler(ctx)
	}
	if got := ctx.Response.StatusCode(); got != 202 {
		b.Fatalf("status %d", got)
	}
}
