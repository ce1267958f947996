package server_test

import (
	"bytes"
	"context"
	"net"
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

// BenchmarkServe is clicks over 64 kept-alive connections on loopback, the
// client's share included: for profiles of the whole path, not for comparing.
func BenchmarkServe(b *testing.B) {
	s, _ := benchServer(b, nowhere{})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	serve(b, s, l)
	raw := []byte("GET /click?" + realistic + " HTTP/1.1\r\nHost: go.example.net\r\nUser-Agent: " + chrome +
		"\r\nAccept: text/html,*/*\r\nAccept-Language: en\r\nReferer: https://blog.example/post\r\n\r\n")
	b.ReportAllocs()
	b.SetParallelism(64)
	b.RunParallel(func(p *testing.PB) {
		conn, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			b.Error(err)
			return
		}
		defer conn.Close()
		answer := make([]byte, 4096)
		for p.Next() {
			if _, err := conn.Write(raw); err != nil {
				b.Error(err)
				return
			}
			if n, err := conn.Read(answer); err != nil || !bytes.HasPrefix(answer[:n], []byte("HTTP/1.1 302")) {
				b.Errorf("%.40q, %v", answer[:n], err)
				return
			}
		}
	})
}
