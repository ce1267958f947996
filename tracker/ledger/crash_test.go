package ledger

import (
	"context"
	"encoding/gob"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/waypost/waypost/tracker/ledger/store"
	"github.com/waypost/waypost/tracker/ledger/store/storetest"
)

// What tells the test binary to be a ledger that is to be killed.
const (
	crashTape   = "WAYPOST_TEST_CRASH_TAPE"
	crashTarget = "WAYPOST_TEST_CRASH_TARGET"
)

// TestKilledAnywhere kills the process of a ledger (SIGKILL) again and again while
// it folds, and expects the tables of one that was left in peace.
func TestKilledAnywhere(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a minute under load; -short leaves it out")
	}
	tp := newGenerator(12).tape(6000)
	want := reference(t, tp)
	tape := filepath.Join(t.TempDir(), "tape")
	saveTape(t, tape, tp)
	storetest.Each(t, func(t *testing.T, target string) {
		s, err := store.Open(t.Context(), target)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = s.Close() }()
		r := rand.New(rand.NewPCG(6, 7))
		kills := 0
		for runs := 0; ; runs++ {
			if runs > 200 {
				t.Fatal("the ledger does not get to the end of the journal")
			}
			// The longer it takes the longer it may: slow machines must get there too.
			patience := time.Duration(r.IntN(40+20*runs)) * time.Millisecond
			if !killed(t, tape, target, s, patience) {
				break
			}
			kills++
		}
		if kills < 3 {
			t.Errorf("killed %d times only", kills)
		}
		t.Logf("killed %d times", kills)
		sameTables(t, dump(t, s.Reader(), compared...), want)
	})
}

// killed runs a ledger in a process of its own and kills it some time after it has
// begun to fold; false if it finished first.
func killed(t *testing.T, tape, target string, s *store.Store, patience time.Duration) bool {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	c := exec.CommandContext(ctx, os.Args[0])
	c.Env = append(os.Environ(), crashTape+"="+tape, crashTarget+"="+target)
	c.Stderr = os.Stderr
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	// One byte says that it has begun.
	_, _ = out.Read(make([]byte, 1))
	done := make(chan error, 1)
	go func() { done <- c.Wait() }()
	select {
	case err := <-done:
		if err != nil {
			t.Fatalf("the ledger's process: %v", err)
		}
		return false
	case <-time.After(patience):
	}
	_ = c.Process.Signal(syscall.SIGKILL)
	return <-done != nil
}

// crashChild is the process that is killed. It reports whether this is one.
func crashChild() bool {
	tape := os.Getenv(crashTape)
	if tape == "" {
		return false
	}
	if err := crashRun(tape, os.Getenv(crashTarget)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	return true
}

func crashRun(tape, target string) error {
	f, err := os.Open(tape)
	if err != nil {
		return err
	}
	tp := newTape()
	if err := gob.NewDecoder(f).Decode(&tp.batches); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	s, err := store.Open(ctx, target)
	if err != nil {
		return err
	}
	l := New(Options{Store: s, Open: func(after, _ uint64) Reader { return &tapeReader{tape: tp, last: after, most: 5} }})
	done := make(chan error, 1)
	go func() { done <- l.Run(ctx) }()
	fmt.Print(".")
	for {
		position, further := l.Position()
		if position == tp.end() {
			return nil
		}
		select {
		case <-further:
		case err := <-done:
			return err
		}
	}
}

func saveTape(t *testing.T, name string, tp *tape) {
	t.Helper()
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := gob.NewEncoder(f).Encode(tp.batches); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}
