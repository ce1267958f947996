package queue

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"maps"
	"time"

	"github.com/waypost/waypost/tracker/clickid"
	"github.com/waypost/waypost/tracker/ledger"
	"github.com/waypost/waypost/tracker/ledger/delivery"
	"github.com/waypost/waypost/tracker/ledger/judge"
	"github.com/waypost/waypost/tracker/ledger/store"
)

// sorting is what becomes of the rows of one look: some are ready to be called,
// the others give something to write.
type sorting struct {
	ready     []delivery.Delivery
	waiting   []row              // for the click's row
	suspended map[*target]bool   // those that have new deliveries
	changed   map[*target]string // suspended targets → the URL that came after
	broken    map[string]string  // delivery id → why it can never be called
	byID      map[string]*target // suspended targets
	byName    map[name][]*target // the same
}

// name is what a partner calls a postback.
type name struct{ network, partner, name string }

// ready turns due rows into deliveries, and deals with those that are not to be
// called.
func (q *Queue) ready(ctx context.Context, rows []row, now time.Time) ([]delivery.Delivery, error) {
	if len(rows) == 0 {
		return nil, nil
	}
	s, err := q.newSorting(ctx)
	if err != nil {
		return nil, err
	}
	for i := range rows {
		s.sort(&rows[i], now)
	}
	if err := q.settle(ctx, s, now); err != nil {
		return nil, err
	}
	return s.ready, nil
}

// newSorting begins a sorting with the targets that are suspended at present.
func (q *Queue) newSorting(ctx context.Context) (*sorting, error) {
	list, err := q.suspendedTargets(ctx)
	if err != nil {
		return nil, err
	}
	s := &sorting{
		suspended: map[*target]bool{}, changed: map[*target]string{}, broken: map[string]string{},
		byID: map[string]*target{}, byName: map[name][]*target{},
	}
	for i := range list {
		t := &list[i]
		s.byID[t.id] = t
		of := name{t.network, t.partner, t.name}
		s.byName[of] = append(s.byName[of], t)
	}
	return s, nil
}

// sort puts one due row where it belongs. Suspension comes first, since nothing is called
// then; a row that needs its click waits for it until clickWait is over, and goes out
// without the click's values after that.
func (s *sorting) sort(r *row, now time.Time) {
	id := r.target()
	if t := s.byID[id]; t != nil {
		s.suspended[t] = true
		return
	}
	if r.kind == store.KindPostback {
		s.noticeChange(r)
	}
	age := now.UnixMicro() - r.createdAt // below 0 where another clock was ahead
	if r.needsClick && max(age, -age) < clickWait.Microseconds() {
		s.waiting = append(s.waiting, *r)
		return
	}
	s.render(r, id)
}

// noticeChange resumes what was suspended under an earlier URL of the same
// postback: the partner has changed it since.
func (s *sorting) noticeChange(r *row) {
	for _, t := range s.byName[name{r.network, r.partner, r.name}] {
		if r.createdAt > t.suspendedAt {
			s.changed[t] = r.url
		}
	}
}

// render makes the call of a row. A template that gives no URL is broken for good, and
// its delivery is parked by settle. The day of attempts begins anew where the delivery was
// renewed.
func (s *sorting) render(r *row, target string) {
	url, err := store.CalledURL(r.kind, r.url, r.macros)
	if err != nil {
		s.broken[r.id] = err.Error()
		return
	}
	s.ready = append(s.ready, delivery.Delivery{
		ID: r.id, Target: target, URL: url, Attempts: int(r.attempts),
		CreatedAt: time.UnixMicro(max(r.createdAt, r.renewedAt)),
	})
}

// settle writes what sorting found; most looks find nothing.
func (q *Queue) settle(ctx context.Context, s *sorting, now time.Time) error {
	if len(s.waiting)+len(s.suspended)+len(s.changed)+len(s.broken) == 0 {
		return nil
	}
	err := q.store.Update(ctx, func(tx *store.Tx) error {
		for t := range s.suspended {
			if err := q.suspend(ctx, tx, t); err != nil {
				return err
			}
		}
		for t, url := range s.changed {
			if err := t.release(ctx, tx, now, url); err != nil {
				return err
			}
		}
		for id, reason := range s.broken {
			if _, err := tx.Exec(ctx, "UPDATE deliveries SET state = 'parked', error = ? WHERE id = ? AND state = 'waiting'", text(reason), id); err != nil {
				return err
			}
		}
		return completeClicks(ctx, tx, s.waiting, now)
	})
	if err != nil {
		return fmt.Errorf("sort due deliveries: %w", err)
	}
	return nil
}

// suspendedTargets returns the targets whose deliveries are set aside; mostly none.
func (q *Queue) suspendedTargets(ctx context.Context) ([]target, error) {
	list, err := q.listTargets(ctx, " WHERE suspended_at > 0")
	if err != nil {
		return nil, fmt.Errorf("find suspended targets: %w", err)
	}
	return list, nil
}

const (
	// clickWait is how long a delivery waits for the row of its click before it
	// goes out without the click's data.
	clickWait = 10 * time.Minute
	// clickLook is how often the row is looked for.
	clickLook = 2 * time.Second
)

// completeClicks adds the click's data to deliveries whose click has arrived, and
// makes the others look again later.
func completeClicks(ctx context.Context, tx *store.Tx, rows []row, now time.Time) error {
	if len(rows) == 0 {
		return nil
	}
	visits, err := visitsOf(ctx, tx, rows)
	if err != nil {
		return err
	}
	for i := range rows {
		r := &rows[i]
		v := visits[r.session]
		if v == nil {
			_, err = tx.Exec(ctx, "UPDATE deliveries SET due_at = ? WHERE id = ? AND state = 'waiting'", now.Add(clickLook).UnixMicro(), r.id)
		} else {
			err = complete(ctx, tx, r, v)
		}
		if err != nil {
			return fmt.Errorf("complete delivery %s: %w", r.id, err)
		}
	}
	return nil
}

// complete gives a delivery the values of its click. Those that the delivery was written
// with stay: they are of the conversion itself. The next look renders and calls it.
func complete(ctx context.Context, tx *store.Tx, r *row, v *judge.Visit) error {
	merged := ledger.ClickMacros(v)
	maps.Copy(merged, r.macros)
	macros, err := json.Marshal(merged)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, "UPDATE deliveries SET macros = ?, needs_click = 0 WHERE id = ?", string(macros), r.id)
	return err
}

// visitsOf finds the clicks, or impressions, that deliveries wait for.
func visitsOf(ctx context.Context, tx *store.Tx, rows []row) (map[string]*judge.Visit, error) {
	refs := map[clickid.Kind][]store.VisitRef{}
	for i := range rows {
		if err := findSession(ctx, tx, &rows[i]); err != nil {
			return nil, err
		}
		kind, seconds := readID(rows[i].session)
		refs[kind] = append(refs[kind], store.VisitRef{ID: rows[i].session, Day: seconds / 86400})
	}
	visits, err := tx.Visits.Clicks(ctx, refs[clickid.Click])
	if err != nil {
		return nil, err
	}
	impressions, err := tx.Visits.Impressions(ctx, refs[clickid.Impression])
	if err != nil {
		return nil, err
	}
	maps.Copy(visits, impressions)
	return visits, nil
}

// findSession finds out whose row a delivery waits for: its click's or, where it
// has none, that of the impression of its conversion.
func findSession(ctx context.Context, tx *store.Tx, r *row) error {
	if r.session = r.clickID; r.session != "" {
		return nil
	}
	err := tx.Query(ctx, "SELECT aimp_id FROM conversions WHERE id = ?", []any{r.event}, func(scan func(...any) error) error {
		return scan(&r.session)
	})
	if err != nil {
		return fmt.Errorf("find the impression of conversion %s: %w", r.event, err)
	}
	return nil
}

// readID returns the kind and time that an id holds. The tracker has authenticated it.
func readID(text string) (kind clickid.Kind, seconds int64) {
	raw := store.VisitID(text)
	if len(raw) != clickid.Size || raw[0] == 0 {
		return 0, 0
	}
	return clickid.Kind(raw[0] >> 6), int64(binary.BigEndian.Uint32(raw[1:]))
}
