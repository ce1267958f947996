package journal

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-logr/logr/funcr"
	"github.com/prometheus/client_golang/prometheus"
)

// downJournal is a journal that takes nothing until up.
type downJournal struct {
	*fakeJournal
	up atomic.Bool
}

func newDownJournal(t *testing.T) *downJournal {
	j := &downJournal{fakeJournal: newFakeJournal(t)}
	j.answer = func(context.Context, int, *Batch) (bool, error) {
		if !j.up.Load() {
			return false, errors.New("down")
		}
		time.Sleep(time.Millisecond)
		return true, nil
	}
	return j
}

// crash ends a writer as kill -9 does: nothing is flushed or spilled. It returns a
// copy of the spool as the next process finds it.
func crash(t *testing.T, w *Writer) (spool string) {
	t.Helper()
	data, err := os.ReadFile(w.o.Spool)
	if err != nil {
		t.Fatal(err)
	}
	spool = filepath.Join(t.TempDir(), "spool")
	if err := os.WriteFile(spool, data, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_ = w.Close(ctx)
	return spool
}

func TestSpoolTakesOverAndIsCaughtUpInOrder(t *testing.T) {
	file := filepath.Join(t.TempDir(), "spool")
	synctest.Test(t, func(t *testing.T) {
		j := newDownJournal(t)
		reg := prometheus.NewRegistry()
		w := j.startWriter(WriterOptions{Spool: file, Metrics: NewWriterMetrics(reg)})
		n := 0
		write := func(d time.Duration) {
			for end := time.Now().Add(d); time.Now().Before(end); n++ {
				w.Click(clickNo(n))
				time.Sleep(5 * time.Millisecond)
			}
		}
		write(900 * time.Millisecond)
		if size := metric(t, reg, "spool_bytes"); size != 0 {
			t.Fatalf("%v bytes spooled before a second of trouble", size)
		}
		write(10 * time.Second)
		if size := metric(t, reg, "spool_bytes"); size == 0 {
			t.Fatal("nothing spooled after 11 seconds of trouble")
		}
		// Only what came in the last moment is not in the file.
		if held, _, _ := w.backlog(); held > 20_000 {
			t.Fatalf("%d bytes still in memory", held)
		}
		if metric(t, reg, "trouble_seconds") < 10 {
			t.Fatal("the metrics do not show the trouble")
		}
		j.up.Store(true)
		write(2 * time.Second)
		if size := metric(t, reg, "spool_bytes"); size != 0 || metric(t, reg, "trouble_seconds") != 0 {
			t.Fatalf("%v bytes still in the spool", size)
		}
		closeWriter(t, w)
		wantClicks(t, j.read(), 0, n)
		if sum := metric(t, reg, "entries_total", "click"); int(sum) != n {
			t.Fatalf("%v durable clicks counted, want %d", sum, n)
		}
		if info, err := os.Stat(file); err != nil || info.Size() != spoolHead {
			t.Fatalf("the file was not cut back: %v %v", info, err)
		}
	})
}

func TestSpoolTakesOverWhenMemoryFills(t *testing.T) {
	file := filepath.Join(t.TempDir(), "spool")
	synctest.Test(t, func(t *testing.T) {
		j := newDownJournal(t)
		reg := prometheus.NewRegistry()
		w := j.startWriter(WriterOptions{Spool: file, SpoolAfter: time.Hour, MemoryBytes: 100_000, MaxBatchBytes: 10_000,
			Metrics: NewWriterMetrics(reg)})
		for i := range 1000 {
			c := clickNo(i)
			c.UserAgent = strings.Repeat("x", 1000)
			w.Click(c)
			if i%10 == 0 {
				synctest.Wait()
			}
		}
		if lost := metric(t, reg, "lost_entries_total"); lost != 0 {
			t.Fatalf("%v clicks lost", lost)
		}
		j.up.Store(true)
		closeWriter(t, w)
		wantClicks(t, j.read(), 0, 1000)
	})
}

func TestSpoolOutlivesACrash(t *testing.T) {
	file := filepath.Join(t.TempDir(), "spool")
	synctest.Test(t, func(t *testing.T) {
		j := newDownJournal(t)
		w := j.startWriter(WriterOptions{Spool: file})
		for i := range 100 {
			w.Click(clickNo(i))
			time.Sleep(20 * time.Millisecond)
		}
		time.Sleep(spoolInterval + time.Millisecond)
		synctest.Wait()
		second := crash(t, w)

		w = j.startWriter(WriterOptions{Spool: second})
		w.Click(clickNo(100))
		time.Sleep(2 * time.Second)
		synctest.Wait()
		third := crash(t, w)

		j.up.Store(true)
		w = j.startWriter(WriterOptions{Spool: third})
		w.Click(clickNo(101))
		closeWriter(t, w)
		wantClicks(t, j.read(), 0, 102)
	})
}

// After a crash in the middle of catching up, batches may be sent again, under
// their old identity.
func TestSpoolIsSentAgainUnderItsOldIdentity(t *testing.T) {
	file := filepath.Join(t.TempDir(), "spool")
	synctest.Test(t, func(t *testing.T) {
		j := newDownJournal(t)
		w := j.startWriter(WriterOptions{Spool: file, MaxBatchEntries: 10})
		for i := range 200 {
			w.Click(clickNo(i))
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		before := crash(t, w)
		j.up.Store(true)
		w = j.startWriter(WriterOptions{Spool: file})
		time.Sleep(time.Second)
		closeWriter(t, w)
		w = j.startWriter(WriterOptions{Spool: before})
		w.Click(clickNo(200))
		closeWriter(t, w)
		wantClicks(t, j.read(), 0, 201)
		if len(j.batches) != 20+20+1 {
			t.Fatalf("%d batches, want all of the spool twice", len(j.batches))
		}
	})
}

func TestCloseInTroubleLeavesTheRestInTheSpool(t *testing.T) {
	file := filepath.Join(t.TempDir(), "spool")
	synctest.Test(t, func(t *testing.T) {
		j := newDownJournal(t)
		reg := prometheus.NewRegistry()
		w := j.startWriter(WriterOptions{Spool: file, Metrics: NewWriterMetrics(reg)})
		for i := range 10 {
			w.Click(clickNo(i))
		}
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		if err := w.Close(ctx); err == nil || !strings.Contains(err.Error(), file) {
			t.Fatalf("got %v, want an error that names the spool", err)
		}
		if lost := metric(t, reg, "lost_entries_total"); lost != 0 {
			t.Fatalf("%v entries lost", lost)
		}
		j.up.Store(true)
		w = j.startWriter(WriterOptions{Spool: file})
		w.Click(clickNo(10))
		closeWriter(t, w)
		wantClicks(t, j.read(), 0, 11)
	})
}

// A spool that takes nothing more leaves what there is room for in memory; the
// rest is lost and counted, and what is kept stays in order.
func TestFullSpool(t *testing.T) {
	file := filepath.Join(t.TempDir(), "spool")
	synctest.Test(t, func(t *testing.T) {
		j := newDownJournal(t)
		reg := prometheus.NewRegistry()
		w := j.startWriter(WriterOptions{Spool: file, SpoolBytes: 100_000, MemoryBytes: 100_000, MaxBatchBytes: 10_000,
			Metrics: NewWriterMetrics(reg)})
		for i := range 1000 {
			c := clickNo(i)
			c.UserAgent = strings.Repeat("x", 1000)
			w.Click(c)
			time.Sleep(10 * time.Millisecond)
		}
		lost := int(metric(t, reg, "lost_entries_total"))
		if kept := 1000 - lost; kept < 160 || kept > 220 {
			t.Fatalf("%d clicks of 1 kB kept in a spool and a memory of 100 kB each", kept)
		}
		if metric(t, reg, "spool_errors_total") == 0 {
			t.Fatal("the full spool does not show")
		}
		j.up.Store(true)
		closeWriter(t, w)
		wantClicks(t, j.read(), 0, 1000-lost)
	})
}

// A postback that waits in the spool is answered once it is durable.
func TestPostbackIsAnsweredFromTheSpool(t *testing.T) {
	file := filepath.Join(t.TempDir(), "spool")
	synctest.Test(t, func(t *testing.T) {
		j := newDownJournal(t)
		w := j.startWriter(WriterOptions{Spool: file})
		w.Click(clickNo(0))
		time.AfterFunc(4*time.Second, func() { j.up.Store(true) })
		began := time.Now()
		if err := w.Append(t.Context(), Entry{Postback: postbackNo(0)}); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took < 4*time.Second || took > 4300*time.Millisecond {
			t.Fatalf("answered after %v", took)
		}
		closeWriter(t, w)
	})
}

// A record that no writer of any version wrote is named and passed over; the entries
// behind it do not wait for it.
func TestForeignRecordOfTheSpoolIsNamed(t *testing.T) {
	file := filepath.Join(t.TempDir(), "spool")
	s := openTestSpool(t, file, 1<<20)
	if err := errors.Join(s.append([][]byte{[]byte("no batch")}), s.close()); err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		j := newFakeJournal(t)
		reg := prometheus.NewRegistry()
		var lines []string
		w := j.startWriter(WriterOptions{Spool: file, Metrics: NewWriterMetrics(reg), Log: funcr.New(func(_, line string) { lines = append(lines, line) }, funcr.Options{})})
		w.Click(clickNo(0))
		closeWriter(t, w)
		wantClicks(t, j.read(), 0, 1)
		if want := `"msg"="passed over a record of the spool that is damaged" "error"=`; len(lines) != 1 || !strings.Contains(lines[0], want) || !strings.Contains(lines[0], `"bytes"=16`) {
			t.Errorf("logged %q, want %s", lines, want)
		}
		if n := metric(t, reg, "spool_errors_total"); n != 1 {
			t.Errorf("%v errors of the spool counted", n)
		}
	})
}
