package ledger

import (
	"context"
	"fmt"
	"syscall"
	"testing"
	"time"

	"github.com/waypost/waypost/tracker/journal"
	"github.com/waypost/waypost/tracker/ledger/store"
	"github.com/waypost/waypost/tracker/ledger/store/storetest"
)

// The benchmarks fold a prepared journal, decoding included, into databases with
// everything on that they have in production. Run them with
//
//	WAYPOST_POSTGRES_FSYNC=1 go test -run - -bench . -benchtime 3x ./tracker/ledger
//
// One iteration is one journal; what counts are the events/s.

const (
	benchClicks    = 200_000
	benchPostbacks = 50_000
)

func BenchmarkClicks(b *testing.B) {
	b.Run("sqlite", func(b *testing.B) { benchFold(b, storetest.SQLite, nil, benchClicks, clicksTape) })
	b.Run("postgres", func(b *testing.B) { benchFold(b, storetest.Postgres, nil, benchClicks, clicksTape) })
}

// BenchmarkPostbacks judges one postback for each of as many clicks, whose rows are
// in the tables: all are approved, half of them have order ids.
func BenchmarkPostbacks(b *testing.B) {
	before := func() *tape { return clicksTapeOf(benchPostbacks) }
	b.Run("sqlite", func(b *testing.B) { benchFold(b, storetest.SQLite, before, benchPostbacks, postbacksTape) })
	b.Run("postgres", func(b *testing.B) { benchFold(b, storetest.Postgres, before, benchPostbacks, postbacksTape) })
}

func clicksTape() *tape { return clicksTapeOf(benchClicks) }

// clicksTapeOf spreads clicks over an hour, 10 offers and 100 partners.
func clicksTapeOf(n int) *tape {
	tp := newTape()
	var entries []journal.Entry
	contexts := make(map[[2]int]*journal.Context)
	for i := range n {
		offer, partner := i%10, i/10%100
		key := [2]int{offer, partner}
		second := int64(i * 3600 / n)
		c := clickEntry(i, second)
		if contexts[key] == nil {
			copied := *c.Click.Context
			copied.Offer, copied.Partner = fmt.Sprintf("offer-%d", offer), fmt.Sprintf("partner-%d", partner)
			copied.Payout, copied.Revenue = 10_000, 20_000
			contexts[key] = &copied
		}
		c.Click.Context = contexts[key]
		c.Click.IP, c.Click.UserAgent = fmt.Sprintf("198.51.%d.%d", i>>8&0xff, i&0xff), "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36"
		c.Click.Source, c.Click.Device, c.Click.OS, c.Click.Referrer = "news", "desktop", "Windows", "https://blog.example/post/123"
		c.Click.Subs = [10]string{"campaign-7", fmt.Sprintf("click-%d", i), "banner"}
		if entries = append(entries, c); len(entries) == 500 {
			tp.write(entries...)
			entries = entries[:0]
		}
	}
	tp.write(entries...)
	return tp
}

func postbacksTape() *tape {
	tp := newTape()
	tp.boot = journal.BootID{2}
	var entries []journal.Entry
	terms := make(map[[2]int]*journal.Terms)
	for i := range benchPostbacks {
		offer, partner := i%10, i/10%100
		key := [2]int{offer, partner}
		clicked := int64(i * 3600 / benchPostbacks)
		p := postEntry(i, clicked, clicked+7200, amount(25_000_000))
		if terms[key] == nil {
			terms[key] = p.Postback.Terms
			terms[key].Offer.Name, terms[key].Partner.Name = fmt.Sprintf("offer-%d", offer), fmt.Sprintf("partner-%d", partner)
		}
		p.Postback.Terms = terms[key]
		if i%2 == 0 {
			p.Postback.OrderID = fmt.Sprintf("order-%d", i)
		}
		p.Postback.SourceIP = "203.0.113.9"
		if entries = append(entries, p); len(entries) == 100 {
			tp.write(entries...)
			entries = entries[:0]
		}
	}
	tp.write(entries...)
	return tp
}

func benchFold(b *testing.B, target func(testing.TB) string, before func() *tape, events int, tp func() *tape) {
	input := tp()
	var spent, cpu time.Duration
	for range b.N {
		s, err := store.Open(b.Context(), target(b))
		if err != nil {
			b.Fatal(err)
		}
		at := uint64(0)
		if before != nil {
			first := before()
			runTape(b, s, first)
			at = first.end()
		}
		shifted := &tape{batches: append(make([][]byte, at), input.batches...), grown: make(chan struct{}), first: 1}
		began, used := time.Now(), cpuTime(b)
		runTape(b, s, shifted)
		spent += time.Since(began)
		cpu += cpuTime(b) - used
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(events*b.N)/spent.Seconds(), "events/s")
	b.ReportMetric(cpu.Seconds()*1e6/float64(events*b.N), "cpu-µs/event")
	b.ReportMetric(0, "ns/op")
}

// cpuTime is what this process has used, without a PostgreSQL server: it says more
// than the rate where others use the machine too.
func cpuTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func runTape(b *testing.B, s *store.Store, tp *tape) {
	ctx, cancel := context.WithCancel(b.Context())
	l := New(Options{Store: s, Open: func(after, _ uint64) Reader { return ahead(tp.open(after, 0)) }})
	done := make(chan error, 1)
	go func() { done <- l.Run(ctx) }()
	for {
		at, further := l.Position()
		if at >= tp.end() {
			break
		}
		select {
		case <-further:
		case err := <-done:
			b.Fatal(err)
		}
	}
	cancel()
	<-done
}

// ahead decodes in a goroutine of its own, as a journal.Reader does.
func ahead(r Reader) Reader {
	ctx, cancel := context.WithCancel(context.Background())
	a := &aheadReader{batches: make(chan *journal.Batch, 16), cancel: cancel}
	go func() {
		for {
			list, err := r.Read(ctx, 1)
			if err != nil {
				return
			}
			select {
			case a.batches <- list[0]:
			case <-ctx.Done():
				return
			}
		}
	}()
	return a
}

type aheadReader struct {
	batches chan *journal.Batch
	cancel  func()
}

func (a *aheadReader) Close() { a.cancel() }

func (a *aheadReader) Read(ctx context.Context, most int) (out []*journal.Batch, err error) {
	select {
	case b := <-a.batches:
		out = append(out, b)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	for len(out) < most {
		select {
		case b := <-a.batches:
			out = append(out, b)
		default:
			return out, nil
		}
	}
	return out, nil
}
