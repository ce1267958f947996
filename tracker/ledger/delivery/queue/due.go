package queue

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/waypost/waypost/tracker/ledger/delivery"
	"github.com/waypost/waypost/tracker/ledger/store"
)

// perHost is how many deliveries one look takes of one host; the courier has no
// room for more.
const perHost = 8

// row is a delivery that waits.
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

const ofHostQuery = `SELECT id, network, kind, partner, name, url, event, click_id, macros, attempts, created_at, renewed_at, needs_click
	FROM {deliveries} WHERE state = 'waiting' AND host = ? AND due_at <= ? ORDER BY due_at, id LIMIT ?`

func (q *Queue) ofHost(ctx context.Context, host string, now time.Time) ([]row, error) {
	var list []row
	err := q.read(ctx, q.byTurn(ofHostQuery), []any{host, now.UnixMicro(), perHost}, func(rows *sql.Rows) error {
		var r row
		var macros string
		var needs int64
		err := rows.Scan(&r.id, &r.network, &r.kind, &r.partner, &r.name, &r.url, &r.event, &r.clickID, &macros, &r.attempts, &r.createdAt, &r.renewedAt, &needs)
		if err != nil {
			return err
		}
		r.needsClick = needs != 0
		r.macros, err = store.ParseMacros(macros)
		list = append(list, r)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("find due deliveries: %w", err)
	}
	return list, nil
}

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
