package journal

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"
)

func benchClick(c *Context) *Click {
	return &Click{Traffic: Traffic{
		ID:        "QhZ3mXl9Tn8cJ2aPzV5wK0rYd7sBf4uGe1oHiNkLqMxRtSvWyA",
		At:        1_795_000_000_123_456,
		Context:   c,
		Subs:      [10]string{"email-2026-11-20", "b7f3c2"},
		Source:    "newsletter",
		IP:        "203.0.113.77",
		UserAgent: "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
		Referrer:  "https://blog.example/2026/11/best-shoes.html",
		Country:   "DE", Device: "desktop", OS: "Linux",
	}}
}

func BenchmarkEncodeClick(b *testing.B) {
	for _, offers := range []int{1, 1000} {
		b.Run(fmt.Sprintf("offers=%d", offers), func(b *testing.B) {
			clicks := make([]*Click, offers)
			for i := range clicks {
				clicks[i] = benchClick(&Context{Config: "sha256:0123456789abcdef0123456789abcdef", Network: "default",
					Offer: fmt.Sprint("offer-", i), OfferID: fmt.Sprint(i), Partner: "best-blog", PartnerID: "2002", Currency: "USD"})
			}
			e := newEncoder()
			_ = e.begin(testHeader)
			b.ReportAllocs()
			for i := range b.N {
				if len(e.buf) > 512<<10 {
					_ = e.begin(testHeader)
				}
				e.click(clicks[i%offers])
			}
		})
	}
}

func BenchmarkDecodeClick(b *testing.B) {
	entries := make([]Entry, 1000)
	c := &Context{Offer: "shoes"}
	for i := range entries {
		entries[i].Click = benchClick(c)
	}
	data, err := EncodeBatch(testHeader, entries)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for i := 0; i < b.N; i += len(entries) {
		if _, err := DecodeBatch(data); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkWriterClick is a click as the server pays for it, with the embedded
// journal writing and syncing beside it; the time of the last flush is included.
func BenchmarkWriterClick(b *testing.B) {
	_, c := startEmbedded(b, b.TempDir(), EmbeddedOptions{})
	w, err := NewWriter(c, WriterOptions{MemoryBytes: 1 << 30})
	if err != nil {
		b.Fatal(err)
	}
	click := benchClick(&Context{Offer: "shoes"})
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		w.Click(click)
	}
	if err := w.Close(context.Background()); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
}

// BenchmarkPostback is how many postbacks a second become durable, by callers at once.
func BenchmarkPostback(b *testing.B) {
	for _, callers := range []int{1, 64} {
		b.Run(fmt.Sprintf("callers=%d", callers), func(b *testing.B) {
			_, c := startEmbedded(b, b.TempDir(), EmbeddedOptions{})
			w, err := NewWriter(c, WriterOptions{})
			if err != nil {
				b.Fatal(err)
			}
			terms := &Terms{Offer: OfferTerms{Name: "shoes"}}
			work := make(chan struct{})
			var wg sync.WaitGroup
			for range callers {
				wg.Go(func() {
					for range work {
						if err := w.Append(context.Background(), Entry{Postback: &Postback{ClickID: "x", Terms: terms}}); err != nil {
							b.Error(err)
						}
					}
				})
			}
			b.ResetTimer()
			for range b.N {
				work <- struct{}{}
			}
			close(work)
			wg.Wait()
			b.StopTimer()
			ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
			defer cancel()
			if err := w.Close(ctx); err != nil {
				b.Fatal(err)
			}
		})
	}
}
