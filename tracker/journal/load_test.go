package journal

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// load is a tracker under traffic: clicks without pause and some callers of postbacks.
type load struct {
	w       *Writer
	quit    chan struct{}
	done    sync.WaitGroup
	clicks  int
	refused atomic.Int64
	count   atomic.Int64 // answered postbacks

	mu       sync.Mutex
	answered []string
	failure  error
}

func startLoad(t testing.TB, url, spool string) *load {
	t.Helper()
	c := connectTest(t, url, ConnectOptions{})
	w, err := NewWriter(c, WriterOptions{Spool: spool, DurableWait: time.Second, VerdictWait: time.Millisecond, SpoolAfter: 300 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	l := &load{w: w, quit: make(chan struct{})}
	l.done.Go(l.click)
	for i := range 4 {
		l.done.Go(func() { l.postback(i) })
	}
	t.Cleanup(func() { _ = l.stop(0) })
	return l
}

func (l *load) running() bool {
	select {
	case <-l.quit:
		return false
	case <-time.After(time.Millisecond):
		return true
	}
}

func (l *load) click() {
	for l.running() {
		for range 5 {
			l.w.Click(clickNo(l.clicks))
			l.clicks++
		}
	}
}

func (l *load) postback(caller int) {
	for i := 0; l.running(); i++ {
		id := fmt.Sprint(caller, "-", i)
		_, err := l.w.Postback(context.Background(), &Postback{ClickID: id})
		switch {
		case err == nil:
			l.mu.Lock()
			l.answered = append(l.answered, id)
			l.mu.Unlock()
			l.count.Add(1)
		case errors.Is(err, ErrNotDurable):
			l.refused.Add(1)
		default:
			l.mu.Lock()
			l.failure = err
			l.mu.Unlock()
		}
	}
}

// stop ends the traffic and closes the writer, waiting at most patience to flush.
func (l *load) stop(patience time.Duration) error {
	select {
	case <-l.quit:
		return nil
	default:
	}
	close(l.quit)
	l.done.Wait()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return l.w.Close(ctx)
}

// awaitAnswers waits until every load has n more answers than now.
func awaitAnswers(t *testing.T, loads []*load, n int64) {
	t.Helper()
	for _, l := range loads {
		goal := l.count.Load() + n
		eventually(t, func() bool { return l.count.Load() >= goal })
	}
}

func awaitRefusals(t *testing.T, loads []*load, n int64) {
	t.Helper()
	for _, l := range loads {
		goal := l.refused.Load() + n
		eventually(t, func() bool { return l.refused.Load() >= goal })
	}
}

// wantAll stops the loads, reads the journal and checks that it has every answered
// postback once and every click once and in order.
func wantAll(t *testing.T, r *Reader, loads []*load) {
	t.Helper()
	for _, l := range loads {
		if err := l.stop(30 * time.Second); err != nil {
			t.Fatal(err)
		}
	}
	var end uint64
	eventually(t, func() (ok bool) { // its connection may be the last to come back
		var err error
		end, err = r.conn.EndPosition(testContext(t))
		return err == nil
	})
	byBoot, batches, repeated := readTo(t, r, end)
	refused := int64(0)
	for _, l := range loads {
		l.check(t, byBoot[l.w.BootID()])
		refused += l.refused.Load()
	}
	t.Logf("%d batches, %d of them repetitions; %d postbacks were answered 503", batches, repeated, refused)
}

// readTo reads up to the position end, checks that there are no gaps, and returns
// the batches of each boot id without repetitions.
func readTo(t *testing.T, r *Reader, end uint64) (byBoot map[BootID][]*Batch, n, repeated int) {
	t.Helper()
	byBoot = make(map[BootID][]*Batch)
	last := make(map[BootID]uint64)
	for position := uint64(0); position < end; {
		batches, err := r.Read(testContext(t), 100)
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range batches {
			if b.Position != position+1 || b.Missing != 0 || b.Malformed != nil {
				t.Fatalf("position %d after %d: %+v", b.Position, position, b.Header)
			}
			position = b.Position
			n++
			if b.Sequence <= last[b.BootID] {
				repeated++
				continue
			}
			last[b.BootID] = b.Sequence
			byBoot[b.BootID] = append(byBoot[b.BootID], b)
		}
	}
	return byBoot, n, repeated
}

func (l *load) check(t *testing.T, batches []*Batch) {
	t.Helper()
	if l.failure != nil {
		t.Fatal(l.failure)
	}
	var clicks []Entry
	postbacks := make(map[string]int)
	for _, x := range entriesOf(batches) {
		if x.Click != nil {
			clicks = append(clicks, x)
		} else {
			postbacks[x.Postback.ClickID]++
		}
	}
	wantClicks(t, clicks, 0, l.clicks)
	for _, id := range l.answered {
		if postbacks[id] != 1 {
			t.Fatalf("postback %s was answered and is in the journal %d times", id, postbacks[id])
		}
	}
	t.Logf("%d clicks, %d answered postbacks", len(clicks), len(l.answered))
}
