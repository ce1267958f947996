package queue

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/waypost/waypost/tracker/ledger/delivery"
	"github.com/waypost/waypost/tracker/ledger/store"
	"github.com/waypost/waypost/tracker/ledger/store/column"
)

// Queue is the delivery.Queue on the ledger's tables. Safe for concurrent use,
// also by several ledgers on one database.
type Queue struct {
	store *store.Store
}

var _ delivery.Queue = (*Queue)(nil)

// New returns the queue of the deliveries in s.
func New(s *store.Store) *Queue { return &Queue{store: s} }

var (
	// ErrNotFound reports that there is no such delivery or target.
	ErrNotFound = errors.New("there is no such delivery")
	// ErrDelivered reports that a delivery has been taken by its receiver; it is
	// never made again.
	ErrDelivered = errors.New("the receiver has taken this delivery already")
)

// Claim takes those of the given deliveries that are still due, until the given
// time, and returns their ids. The condition of the update keeps two couriers from
// claiming one delivery: the second finds it no longer due.
func (q *Queue) Claim(ctx context.Context, ids []string, now, until time.Time) ([]string, error) {
	var claimed []string
	err := q.store.Update(ctx, func(tx *store.Tx) error {
		claimed = claimed[:0]
		for _, id := range ids {
			n, err := tx.Exec(ctx, "UPDATE deliveries SET due_at = ? WHERE id = ? AND state = 'waiting' AND due_at <= ?",
				until.UnixMicro(), id, now.UnixMicro())
			if err != nil {
				return err
			}
			if n == 1 {
				claimed = append(claimed, id)
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("claim deliveries: %w", err)
	}
	return claimed, nil
}

// perHost is how many deliveries one look takes of one host; the courier has no
// room for more.
const perHost = 8

// row is a delivery that waits. Its times are microseconds since 1970, as in the table:
// createdAt is when it was first due, renewedAt when it was last retried by hand or
// resumed, 0 for never. url is the template, macros the values that are known so far.
type row struct {
	id, network, kind, partner, name, url string

	event, clickID                 string
	session                        string // set by findSession
	macros                         map[string]string
	attempts, createdAt, renewedAt int64
	needsClick                     bool
}

// target is whose URL it is; only partners' URLs are ever suspended.
func (r *row) target() string {
	if r.kind != store.KindPostback {
		return ""
	}
	return targetID(r.network, r.partner, r.name, r.url)
}

// Due returns deliveries whose time has come, the longest waiting host first.
// Its cost grows with the number of hosts, not with what waits for them.
func (q *Queue) Due(ctx context.Context, now time.Time, limit int, busyHosts, outIDs []string) ([]delivery.Delivery, error) {
	hosts, err := q.hosts(ctx, now)
	if err != nil {
		return nil, err
	}
	var rows []row
	for _, host := range hosts {
		if len(rows) >= limit {
			break
		}
		if slices.Contains(busyHosts, host) {
			continue
		}
		of, err := q.ofHost(ctx, host, now)
		if err != nil {
			return nil, err
		}
		of = slices.DeleteFunc(of, func(r row) bool { return slices.Contains(outIDs, r.id) })
		rows = append(rows, of[:min(len(of), limit-len(rows))]...)
	}
	return q.ready(ctx, rows, now)
}

// hostsQuery steps from host to host through the index, and looks up the first
// delivery of each.
const hostsQuery = `WITH RECURSIVE h(host) AS (
	SELECT (SELECT d.host FROM {deliveries} WHERE d.state = 'waiting' ORDER BY d.host LIMIT 1)
	UNION ALL
	SELECT (SELECT d.host FROM {deliveries} WHERE d.state = 'waiting' AND d.host > h.host ORDER BY d.host LIMIT 1) FROM h WHERE h.host IS NOT NULL)
SELECT host, due FROM (
	SELECT h.host AS host, (SELECT d.due_at FROM {deliveries} WHERE d.state = 'waiting' AND d.host = h.host ORDER BY d.due_at LIMIT 1) AS due
	FROM h WHERE h.host IS NOT NULL) AS first
WHERE due <= ? ORDER BY due, host`

// byTurn names the table deliveries as d, by the index that queries here are made
// for: SQLite, left to itself, takes the one by state and looks at all that waits.
func (q *Queue) byTurn(query string) string {
	table := "deliveries AS d INDEXED BY deliveries_turn"
	if q.store.Postgres() {
		table = "deliveries AS d"
	}
	return strings.ReplaceAll(query, "{deliveries}", table)
}

// hosts returns the hosts that a due delivery waits for, the longest waiting first.
func (q *Queue) hosts(ctx context.Context, now time.Time) ([]string, error) {
	var hosts []string
	err := q.read(ctx, q.byTurn(hostsQuery), []any{now.UnixMicro()}, func(rows *sql.Rows) error {
		var host string
		var due int64
		err := rows.Scan(&host, &due)
		hosts = append(hosts, host)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("find the hosts of due deliveries: %w", err)
	}
	return hosts, nil
}

// rowColumns are the columns of table deliveries that a call is made of.
var rowColumns = column.List[row]{
	column.Plain("id", func(r *row) *string { return &r.id }),
	column.Plain("network", func(r *row) *string { return &r.network }),
	column.Plain("kind", func(r *row) *string { return &r.kind }),
	column.Plain("partner", func(r *row) *string { return &r.partner }),
	column.Plain("name", func(r *row) *string { return &r.name }),
	column.Plain("url", func(r *row) *string { return &r.url }),
	column.Plain("event", func(r *row) *string { return &r.event }),
	column.Plain("click_id", func(r *row) *string { return &r.clickID }),
	column.Object("macros", func(r *row) *map[string]string { return &r.macros }),
	column.Number("attempts", func(r *row) *int64 { return &r.attempts }),
	column.Number("created_at", func(r *row) *int64 { return &r.createdAt }),
	column.Number("renewed_at", func(r *row) *int64 { return &r.renewedAt }),
	column.Flag("needs_click", func(r *row) *bool { return &r.needsClick }),
}

var ofHostQuery = "SELECT " + rowColumns.String() + " FROM {deliveries} WHERE state = 'waiting' AND host = ? AND due_at <= ? ORDER BY due_at, id LIMIT ?"

// ofHost returns due deliveries of one host, oldest first, at most perHost.
func (q *Queue) ofHost(ctx context.Context, host string, now time.Time) ([]row, error) {
	var list []row
	err := q.read(ctx, q.byTurn(ofHostQuery), []any{host, now.UnixMicro(), perHost}, func(rows *sql.Rows) error {
		var r row
		err := rowColumns.Scan(rows.Scan, &r)
		list = append(list, r)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("find due deliveries: %w", err)
	}
	return list, nil
}

// read runs a query outside of any transaction, on a connection for readers, so that
// looks for work never hold up the fold.
func (q *Queue) read(ctx context.Context, query string, args []any, each func(*sql.Rows) error) error {
	rows, err := q.store.Reader().QueryContext(ctx, q.store.Rebind(query), args...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }() // its error is in rows.Err
	for rows.Next() {
		if err := each(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// Record keeps results, all or none of them, and suspends the targets that failed
// too often in a row.
func (q *Queue) Record(ctx context.Context, results []delivery.Result) error {
	err := q.store.Update(ctx, func(tx *store.Tx) error {
		for i := range results {
			if err := q.record(ctx, tx, &results[i]); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("record deliveries: %w", err)
	}
	return nil
}

// record writes one result, and counts it for its target where it has one.
func (q *Queue) record(ctx context.Context, tx *store.Tx, r *delivery.Result) error {
	due := int64(0)
	if r.State == delivery.Waiting {
		due = r.NextAt.UnixMicro()
	}
	// What was delivered stays so, whatever a second courier reports; what was
	// suspended while the call was out waits with the others of its target.
	_, err := tx.Exec(ctx, `UPDATE deliveries SET state = CASE WHEN state = 'suspended' AND ? = 'waiting' THEN state ELSE ? END,
		due_at = ?, attempts = attempts + 1, tried_at = ?, http_status = ?, error = ?, response = ? WHERE id = ? AND state <> 'delivered'`,
		r.State, r.State, due, r.At.UnixMicro(), int64(r.HTTPStatus), text(r.Error), text(r.Body), r.ID)
	if err != nil {
		return fmt.Errorf("keep the result of %s: %w", r.ID, err)
	}
	if r.Target == "" {
		return nil
	}
	return q.recordTarget(ctx, tx, r)
}

// text makes what a receiver answered fit for every database: valid UTF-8 without
// NUL, which PostgreSQL refuses.
func text(s string) string {
	if utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 {
		return s
	}
	return strings.ReplaceAll(strings.ToValidUTF8(s, "?"), "\x00", "?")
}

// Retry makes a delivery due now, with a day of further attempts ahead. If its
// target is suspended, that is resumed. The error wraps ErrNotFound or ErrDelivered.
func (q *Queue) Retry(ctx context.Context, id string, now time.Time) error {
	err := q.store.Update(ctx, func(tx *store.Tx) error {
		state, target, err := stateOf(ctx, tx, id)
		switch {
		case err != nil:
			return err
		case state == delivery.Delivered:
			return ErrDelivered
		case state == delivery.Suspended:
			return resume(ctx, tx, target, now)
		}
		at := now.UnixMicro()
		_, err = tx.Exec(ctx, "UPDATE deliveries SET state = 'waiting', due_at = ?, renewed_at = ?, attempts = 0 WHERE id = ?", at, at, id)
		return err
	})
	if err != nil {
		return fmt.Errorf("retry delivery %s: %w", id, err)
	}
	return nil
}

// Resume lifts the suspension of a target and makes its deliveries due now. The
// error wraps ErrNotFound if the target is not suspended.
func (q *Queue) Resume(ctx context.Context, target string, now time.Time) error {
	err := q.store.Update(ctx, func(tx *store.Tx) error { return resume(ctx, tx, target, now) })
	if err != nil {
		return fmt.Errorf("resume target %s: %w", target, err)
	}
	return nil
}

// resume lifts the suspension of a target; ErrNotFound reports that it has none.
func resume(ctx context.Context, tx *store.Tx, id string, now time.Time) error {
	list, err := targets(ctx, tx, "id = ? AND suspended_at > 0", id)
	if err != nil {
		return err
	}
	if len(list) == 0 {
		return ErrNotFound
	}
	return list[0].release(ctx, tx, now, list[0].url)
}

// stateOf returns a delivery's state and the id of its target; ErrNotFound without such
// a delivery. The id is made of the row's values and names a target for impressions too,
// which never have a row in delivery_targets.
func stateOf(ctx context.Context, tx *store.Tx, id string) (state delivery.State, target string, err error) {
	found := false
	err = tx.Query(ctx, "SELECT state, network, partner, name, url FROM deliveries WHERE id = ?", []any{id}, func(scan func(...any) error) error {
		var network, partner, name, url string
		found = true
		err := scan(&state, &network, &partner, &name, &url)
		target = targetID(network, partner, name, url)
		return err
	})
	if err != nil {
		return "", "", fmt.Errorf("find it: %w", err)
	}
	if !found {
		return "", "", ErrNotFound
	}
	return state, target, nil
}
