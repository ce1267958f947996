package server_test

import (
	"context"
	"testing"
	"time"

	"github.com/waypost/waypost/tracker/journal"
)

// BenchmarkClickJournaled is a click with everything behind it: the writer, and
// an embedded JetStream that syncs to disk.
func BenchmarkClickJournaled(b *testing.B) {
	embedded, err := journal.StartEmbedded(b.TempDir(), journal.EmbeddedOptions{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { embedded.Close() })
	conn, err := embedded.Connect(journal.ConnectOptions{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(conn.Close)
	writer, err := journal.NewWriter(conn, journal.WriterOptions{Name: "bench", MemoryBytes: 1 << 30})
	if err != nil {
		b.Fatal(err)
	}
	s, _ := benchServer(b, writer)
	ctx := newContext(b, "/click?"+realistic, "User-Agent", chrome, "Referer", "https://blog.example/post")
	handler := s.Handler()
	b.ReportAllocs()
	for b.Loop() {
		ctx.Response.Reset()
		handler(ctx)
	}
	b.StopTimer()
	flush, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := writer.Close(flush); err != nil {
		b.Fatal(err)
	}
}
