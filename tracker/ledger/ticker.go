package ledger

import (
	"context"
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

// keepTicking puts a tick into the journal whenever something waits for time to
// pass.
func (l *Ledger) keepTicking(ctx context.Context) {
	if l.o.Append == nil {
		return
	}
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	t := ticker{l: l}
	for {
		select {
		case <-look.C:
			if l.recognised.Load() && l.stored.Load() != nil {
				t.look(ctx, t.now())
			}
		case <-ctx.Done():
			return
		}
	}
}

// ticker decides when a tick is due.
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

// now is the time to go by. A leap of the clock is named once; at a start it is mostly
// the time that the ledger was down.
func (t *ticker) now() time.Time {
	wall, o := t.l.o.Now(), &t.l.o
	begun := !t.present.last.IsZero()
	believed, leapt := t.present.of(wall, t.l.trimAt.Load(), *t.l.stored.Load())
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

func (t *ticker) look(ctx context.Context, now time.Time) {
	folded := t.l.tickAt.Load()
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

func (t *ticker) due(ctx context.Context, now time.Time, folded int64) bool {
	at := now.UnixMicro()
	behind := at - folded
	if behind == 0 {
		return false // the books have that time, and would not show that the tick has come
	}
	if s := t.l.stored.Load(); s != nil && behind >= tickBehind.Microseconds() && s.to-folded >= tickBehind.Microseconds() {
		return true
	}
	if t.l.waiting.Load() > 0 || behind >= tickAtLeast.Microseconds() || floorDiv(at, dayMicros) != floorDiv(folded, dayMicros) {
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

// keepTrimming removes from the journal what is folded and older than it is to be kept.
func (l *Ledger) keepTrimming(ctx context.Context) {
	if l.o.Trim == nil {
		return
	}
	every := time.NewTicker(trimEvery)
	defer every.Stop()
	for {
		select {
		case <-every.C:
			l.trim(ctx)
		case <-ctx.Done():
			return
		}
	}
}

// trimTime is the time that the age of the journal goes by. From one look to the
// next it advances by twice the pause at most: a clock that leaps makes nothing old,
// and the time of a machine that was off is caught up with.
func (l *Ledger) trimTime() time.Time {
	now := l.o.Now().UnixMicro()
	l.trimAt.CompareAndSwap(0, now)
	l.trimAt.Store(min(now, l.trimAt.Load()+2*trimEvery.Microseconds()))
	return time.UnixMicro(l.trimAt.Load())
}

// RetentionTime is the time that the age of rows goes by: that of the last entry, and from
// there on trimTime's, but never after the clock's. Zero before the tables have been read.
func (l *Ledger) RetentionTime() time.Time {
	return time.UnixMicro(min(l.o.Now().UnixMicro(), l.trimAt.Load()))
}

func (l *Ledger) trim(ctx context.Context) {
	position, _ := l.Position()
	if position == 0 || !l.recognised.Load() {
		return
	}
	if _, err := l.o.Trim.Trim(ctx, position, l.trimTime().Add(-l.o.JournalRetain)); err != nil && ctx.Err() == nil {
		l.o.Log.Info("the journal was not trimmed, trying again later", "error", err.Error())
	}
}
