package ledger

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/waypost/waypost/tracker/journal"
)

const (
	// lookEvery is how often it is looked whether a tick is due.
	lookEvery = 250 * time.Millisecond
	// holdsEvery is how often the database is asked for the next hold that ends.
	holdsEvery = time.Second
	// tickAtLeast is how often time passes when nothing waits for it, and tickBehind how
	// far it is behind batches at most: what they are ahead of it is not believed by the
	// next start.
	tickAtLeast = time.Hour
	tickBehind  = leapLeast / 2
	// tickPatience is how long a tick may be on its way before another is sent.
	tickPatience = 10 * time.Second
)

// clock is what the fold, the ticker and trimming share about the time. Safe for
// concurrent use.
type clock struct {
	// waiting and tickAt carry the state of the fold to the ticker.
	waiting atomic.Int64
	tickAt  atomic.Int64
	// stored is when the journal's server stored what was read; nil before the tables were.
	stored atomic.Pointer[stretch]
	// trimAt is the time that trimming goes by; it begins at the last entry in the tables.
	trimAt atomic.Int64
}

// see takes note of when batches were stored.
func (c *clock) see(batches []*journal.Batch) {
	s := c.stored.Load().through(batches)
	c.stored.Store(&s)
}

// read takes note of what the tables have.
func (c *clock) read(mem *memory) {
	c.folded(mem)
	c.trimAt.CompareAndSwap(0, mem.seen)
	c.stored.CompareAndSwap(nil, &stretch{from: mem.seen, to: mem.seen})
}

// folded takes note of what has been committed.
func (c *clock) folded(mem *memory) {
	c.waiting.Store(int64(mem.parked.Len()))
	c.tickAt.Store(mem.progress.TickAt)
}

// ticker puts a tick into the journal whenever something waits for time to pass.
//
// The fold reads no clock: time passes for it only by ticks, so that folding the journal
// again ends the same holds at the same place. A tick is due when
//
//   - batches that were read are far ahead of the last tick in the tables,
//   - a postback waits for its visit,
//   - an hour has passed, or a UTC day has begun, which drops what is too old,
//   - a hold has ended, which the database is asked for once a second at most.
//
// Several ledgers may tick side by side; the ticks of each move the time of the books.
// One tick is on its way at a time. It has arrived when the time in the tables has moved,
// and is sent again after tickPatience.
type ticker struct {
	l *Ledger
	// sent is the last tick, and before the time that it was sent at in the tables:
	// until that has changed no other is sent.
	sent     time.Time
	before   int64
	holdsAt  time.Time // when the database was last asked
	nextHold int64
	present  present
}

// run looks for due ticks until ctx ends. A journal that is not that of the tables gets none.
func (t *ticker) run(ctx context.Context) {
	if t.l.o.Append == nil {
		return
	}
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	for {
		select {
		case <-look.C:
			if t.l.matching.recognised.Load() && t.l.clock.stored.Load() != nil {
				t.look(ctx, t.now())
			}
		case <-ctx.Done():
			return
		}
	}
}

// now is the time to go by. A leap of the clock is named once; at a start it is mostly
// the time that the ledger was down.
func (t *ticker) now() time.Time {
	wall, o := t.l.o.Now(), &t.l.o
	begun := !t.present.last.IsZero()
	believed, leapt := t.present.of(wall, t.l.clock.trimAt.Load(), *t.l.clock.stored.Load())
	ahead := wall.Sub(believed)
	o.Metrics.leap(ahead)
	switch {
	case leapt && begun:
		o.Log.Error(nil, "the clock has leapt forward: holds do not end by it, and nothing is dropped, until it has been so for a while; set it right if it is wrong",
			"ahead", ahead.String(), "heldFor", leapHeld.String())
	case leapt:
		o.Log.Info("the clock is ahead of the last entry in the books: holds do not end by it until the journal bears it out, or it has been so for a while; set it right if the ledger was not down for that long",
			"ahead", ahead.String(), "heldFor", leapHeld.String())
	}
	return believed
}

// look sends a tick if one is due and none is on its way. A tick that could not be
// appended is due again at the next look.
func (t *ticker) look(ctx context.Context, now time.Time) {
	folded := t.l.clock.tickAt.Load()
	if !t.sent.IsZero() && folded == t.before && within(now.Sub(t.sent), tickPatience) {
		return
	}
	t.l.o.Metrics.time(now, folded)
	if !t.due(ctx, now, folded) {
		return
	}
	if err := t.l.o.Append.Append(ctx, journal.Entry{Tick: &journal.Tick{At: now.UnixMicro()}}); err != nil {
		if ctx.Err() == nil {
			t.l.o.Log.Info("a tick was not appended, trying again", "error", err.Error())
		}
		return
	}
	t.sent, t.before = now, folded
}

// within reports whether a time has not passed yet. A clock that was set back has
// passed any.
func within(passed, d time.Duration) bool { return 0 <= passed && passed < d }

// due reports whether a tick at now is asked for; folded is the last one in the tables, in
// microseconds since 1970. The database is asked last, since all else is at hand.
func (t *ticker) due(ctx context.Context, now time.Time, folded int64) bool {
	at := now.UnixMicro()
	behind := at - folded
	if behind == 0 {
		return false // the books have that time, and would not show that the tick has come
	}
	if s := t.l.clock.stored.Load(); s != nil && behind >= tickBehind.Microseconds() && s.to-folded >= tickBehind.Microseconds() {
		return true
	}
	if t.l.clock.waiting.Load() > 0 || behind >= tickAtLeast.Microseconds() || floorDiv(at, dayMicros) != floorDiv(folded, dayMicros) {
		return true
	}
	if !within(now.Sub(t.holdsAt), holdsEvery) {
		next, err := t.l.o.Store.NextHold(ctx)
		if err != nil {
			return false
		}
		t.holdsAt, t.nextHold = now, next
	}
	return t.nextHold != 0 && t.nextHold <= at
}

// trimEvery is how often the journal is trimmed.
const trimEvery = 5 * time.Minute

// trimmer removes from the journal what is folded and older than it is to be kept. Both
// bounds hold: what the tables lack is never trimmed, however old it is, and what they hold
// stays for JournalRetain.
type trimmer struct{ l *Ledger }

func (t trimmer) run(ctx context.Context) {
	if t.l.o.Trim == nil {
		return
	}
	every := time.NewTicker(trimEvery)
	defer every.Stop()
	for {
		select {
		case <-every.C:
			t.trim(ctx)
		case <-ctx.Done():
			return
		}
	}
}

// time is the time that the age of the journal goes by. From one look to the
// next it advances by twice the pause at most: a clock that leaps makes nothing old,
// and the time of a machine that was off is caught up with.
func (t trimmer) time() time.Time {
	now := t.l.o.Now().UnixMicro()
	t.l.clock.trimAt.CompareAndSwap(0, now)
	t.l.clock.trimAt.Store(min(now, t.l.clock.trimAt.Load()+2*trimEvery.Microseconds()))
	return time.UnixMicro(t.l.clock.trimAt.Load())
}

// trim trims once, up to the position of this ledger. Before anything was folded, and
// while the journal is not that of the tables, nothing is trimmed.
func (t trimmer) trim(ctx context.Context) {
	position, _ := t.l.Position()
	if position == 0 || !t.l.matching.recognised.Load() {
		return
	}
	if _, err := t.l.o.Trim.Trim(ctx, position, t.time().Add(-t.l.o.JournalRetain)); err != nil && ctx.Err() == nil {
		t.l.o.Log.Info("the journal was not trimmed, trying again later", "error", err.Error())
	}
}
