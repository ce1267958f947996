package ledger

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/waypost/waypost/tracker/ledger/store"
	"github.com/waypost/waypost/tracker/ledger/store/storetest"
)

// TestDatabaseRestartedInTheMiddle shuts PostgreSQL down at once (open transactions
// and commits under way are cut off) and starts it again, over and over, while two
// ledgers fold one journal. The tables must be those of a ledger left in peace.
func TestDatabaseRestartedInTheMiddle(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a minute under load; -short leaves it out")
	}
	t.Setenv("WAYPOST_POSTGRES_FSYNC", "1") // a commit must outlive what follows it
	var server storetest.Server
	t.Cleanup(server.Stop)
	target, err := server.Database()
	switch {
	case err != nil && os.Getenv(storetest.Require) == "1":
		t.Fatal(err)
	case err != nil:
		t.Skipf("POSTGRESQL IS NOT HERE TO BE RESTARTED: %v", err)
	}
	tp := newGenerator(13).tape(6000)
	want := reference(t, tp)

	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	var ledgers sync.WaitGroup
	var offices [2]*office
	for i := range offices {
		r := rand.New(rand.NewPCG(uint64(i), 14))
		offices[i] = newOffice(t, target, tp, func(o *Options) {
			o.Open = func(after, _ uint64) Reader { return &choppy{tapeReader{tape: tp, last: after}, r} }
		})
		ledgers.Go(func() {
			if err := offices[i].ledger.Run(ctx); !errors.Is(err, context.Canceled) {
				t.Errorf("the ledger gave up: %v", err)
			}
		})
	}
	restarts := cutOff(ctx, t, &server, offices[0].store, tp)
	for _, o := range offices {
		o.await(ctx, tp.end())
	}
	cancel()
	ledgers.Wait()
	t.Logf("restarted %d times", restarts)
	if restarts < 3 {
		t.Errorf("restarted %d times only", restarts)
	}
	sameTables(t, dump(t, offices[0].store.Reader(), compared...), want)
}

// cutOff restarts the server, each time when the ledgers have got a little further,
// until the journal is folded.
func cutOff(ctx context.Context, t *testing.T, server *storetest.Server, s *store.Store, tp *tape) (restarts int) {
	r := rand.New(rand.NewPCG(15, 16))
	look := time.NewTicker(time.Millisecond)
	defer look.Stop()
	end := int64(tp.end())
	for {
		for further := positionOf(ctx, s) + 1 + r.Int64N(end/6); ; <-look.C {
			at := positionOf(ctx, s)
			if ctx.Err() != nil {
				t.Fatal("the ledgers do not get on")
			}
			if at == end {
				return restarts
			}
			if at >= further {
				break
			}
		}
		if err := server.Restart(); err != nil {
			t.Fatal(err)
		}
		restarts++
	}
}

// positionOf is where the tables are, -1 while the database is away.
func positionOf(ctx context.Context, s *store.Store) (position int64) {
	if err := s.Reader().QueryRowContext(ctx, "SELECT position FROM ledger").Scan(&position); err != nil {
		return -1
	}
	return position
}
