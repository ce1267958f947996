package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/waypost/waypost/tracker/ledger/query"
)

const (
	// lateness is how much later than others an entry may come into the books and
	// still be seen by tails.
	lateness = time.Minute
	// tailPause is how long a tail lets new entries gather.
	tailPause = 200 * time.Millisecond
	// tailLook is how often a tail looks when nothing reports new entries, and
	// heartbeat how often it proves that it is alive.
	tailLook  = time.Second
	heartbeat = 15 * time.Second
	// tailItems is how many entries a tail sends at once.
	tailItems = 20_000
	// tailMost is how long a tail lives: a caller whose access ended reads no longer than that.
	tailMost = time.Hour
)

// tail is how a kind of entries is followed.
type tail[T any] struct {
	event string // the name of its events
	list  func(s query.Span, p query.Page) (query.List[T], error)
	mark  func(x *T) mark
}

// mark identifies an entry and its version: the entry is sent again once changed differs.
type mark struct {
	id      string
	at      time.Time // by which ids sort
	changed time.Time
}

// follow sends entries as server-sent events while the caller listens: new ones,
// and those of the last minute when they change.
//
// A tail looks into the tables like any list, whenever the ledger has got further, and at
// least every second. Each look begins a minute before the latest entry, because ids sort by
// the time of an entry while entries of slower trackers come into the books later. What was
// sent is remembered with its version for as long, so that an entry comes once for each
// change.
//
// After an hour the tail ends by itself and the client asks again: its access is then
// checked anew. Errors once the answer has begun go to the log alone.
func follow[T any](a *service, c *call, span query.Span, t tail[T]) error {
	if c.text("cursor") != "" || span.To != nil {
		return badParameter("follow goes with neither cursor nor to")
	}
	f := &follower[T]{tail: t, c: c, seen: map[string]mark{}, from: a.Now().Add(-lateness)}
	if span.From != nil {
		f.from = *span.From
	}
	begin, err := f.fresh()
	if err != nil {
		return err
	}
	if span.From == nil {
		begin = nil // what is there already is not news
	}
	c.w.Header().Set("Content-Type", mediaEvents)
	c.w.WriteHeader(http.StatusOK)
	err = f.run(a, begin)
	if err != nil && c.r.Context().Err() == nil && !errors.Is(err, errGone) {
		a.Log.Error(err, "following the books")
	}
	return nil // the answer has begun
}

// errGone reports that the listener has gone.
var errGone = errors.New("the listener has gone")

// follower is one tail while it is read. One goroutine, that of the request, owns it.
type follower[T any] struct {
	tail[T]
	c    *call
	from time.Time       // where looks begin
	seen map[string]mark // what was sent and is not older than from, by id
}

// run sends begin, then what each look finds, until the caller goes, tailMost has passed or
// a look fails. The channel is taken before the look: what is committed during the look
// closes it, and is found by the next one.
func (f *follower[T]) run(a *service, begin []T) error {
	out := http.NewResponseController(f.c.w)
	if err := f.write(": following\n\n", out); err != nil {
		return err
	}
	if err := f.send(begin, out); err != nil {
		return err
	}
	look, beat, end := time.NewTicker(tailLook), time.NewTicker(heartbeat), time.After(tailMost)
	defer look.Stop()
	defer beat.Stop()
	for {
		further := a.further()
		items, err := f.fresh()
		if err != nil {
			return err
		}
		if err := f.send(items, out); err != nil {
			return err
		}
		select {
		case <-further:
			if !pause(f.c.r, tailPause) {
				return errGone
			}
		case <-look.C:
		case <-beat.C:
			if err := f.write(": still here\n\n", out); err != nil {
				return err
			}
		case <-f.c.r.Context().Done():
			return errGone
		case <-end:
			return nil
		}
	}
}

// further is closed when the ledger has got further; nil, which never is, without one.
func (a *service) further() <-chan struct{} {
	if a.Ledger == nil {
		return nil
	}
	_, further := a.Ledger.Position()
	return further
}

// pause waits, and reports whether the caller is still there.
func pause(r *http.Request, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-r.Context().Done():
		return false
	}
}

// fresh are the entries that are new, or have changed, since the last look, oldest
// first. More than tailItems at once is query.ErrTooManyRows: a listener that far behind
// is better served by lists.
func (f *follower[T]) fresh() ([]T, error) {
	var news []T
	latest := f.from
	p := query.Page{Limit: maxLimit}
	for {
		list, err := f.list(query.Span{From: &f.from}, p)
		if err != nil {
			return nil, err
		}
		for i := range list.Items {
			m := f.mark(&list.Items[i])
			if before, ok := f.seen[m.id]; !ok || !before.changed.Equal(m.changed) {
				f.seen[m.id] = m
				news = append(news, list.Items[i])
			}
			if early := m.at.Add(-lateness); early.After(latest) {
				latest = early
			}
		}
		if len(news) > tailItems {
			return nil, query.ErrTooManyRows
		}
		if p.Cursor = list.Next; p.Cursor == "" {
			break
		}
	}
	f.forget(latest)
	slices.Reverse(news)
	return news, nil
}

// forget moves the beginning of what is looked at.
func (f *follower[T]) forget(from time.Time) {
	f.from = from
	for id, m := range f.seen {
		if m.at.Before(from) {
			delete(f.seen, id)
		}
	}
}

// send writes entries as server-sent events, with the entry's id as the event's.
func (f *follower[T]) send(items []T, out *http.ResponseController) error {
	if len(items) == 0 {
		return nil
	}
	var b strings.Builder
	for i := range items {
		var data bytes.Buffer
		if err := json.NewEncoder(&data).Encode(&items[i]); err != nil {
			return fmt.Errorf("encode an event: %w", err)
		}
		// JSON has no line breaks but the last.
		fmt.Fprintf(&b, "event: %s\nid: %s\ndata: %s\n\n", f.event, f.mark(&items[i]).id, bytes.TrimSpace(data.Bytes()))
	}
	return f.write(b.String(), out)
}

// write writes and flushes, so that nothing stays in a buffer; errGone if the caller has gone.
func (f *follower[T]) write(text string, out *http.ResponseController) error {
	if _, err := f.c.w.Write([]byte(text)); err != nil {
		return errGone
	}
	if err := out.Flush(); err != nil {
		return errGone
	}
	return nil
}
