package queue

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/waypost/waypost/tracker/ledger/store"
)

const (
	// failuresInARow within failuresWithin suspend a URL.
	failuresInARow = 10
	failuresWithin = 72 * time.Hour
)

// target is one configured URL of a partner. It has a row while its last call
// failed.
type target struct {
	id                     string
	network, partner, name string
	url                    string // the template, as configured
	failures               []int64
	failed                 int64
	failedAt               int64
	httpStatus             int64
	err                    string
	suspendedAt            int64
}

// targetID names a partner's URL: a changed URL is another target.
func targetID(network, partner, name, url string) string {
	h := sha256.New()
	for _, part := range []string{network, partner, name, url} {
		// Writing to a hash never fails.
		_, _ = h.Write([]byte(strconv.Itoa(len(part)) + ":" + part))
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

const selectTargets = "SELECT id, network, partner, name, url, failures, failed, failed_at, http_status, error, suspended_at FROM delivery_targets"

// targets reads the rows that a condition selects.
func targets(ctx context.Context, tx *store.Tx, where string, args ...any) ([]target, error) {
	var list []target
	err := tx.Query(ctx, selectTargets+" WHERE "+where, args, func(scan func(...any) error) error {
		t, err := scanTarget(scan)
		list = append(list, t)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the targets of deliveries: %w", err)
	}
	return list, nil
}

func scanTarget(scan func(...any) error) (target, error) {
	var t target
	var failures string
	if err := scan(&t.id, &t.network, &t.partner, &t.name, &t.url, &failures, &t.failed, &t.failedAt, &t.httpStatus, &t.err, &t.suspendedAt); err != nil {
		return t, err
	}
	if err := json.Unmarshal([]byte(failures), &t.failures); err != nil {
		return t, fmt.Errorf("read the failures of target %s: %w", t.id, err)
	}
	return t, nil
}

// fail notes a failed call and suspends the target if that was one too many.
func (t *target) fail(at time.Time, httpStatus int, reason string) {
	t.failures = append(t.failures, at.UnixMicro())
	t.failures = t.failures[max(0, len(t.failures)-failuresInARow):]
	t.failed++
	t.failedAt, t.httpStatus, t.err = at.UnixMicro(), int64(httpStatus), reason
	apart := slices.Max(t.failures) - slices.Min(t.failures) // a clock may have been set back
	if len(t.failures) == failuresInARow && apart <= failuresWithin.Microseconds() && t.suspendedAt == 0 {
		t.suspendedAt = at.UnixMicro()
	}
}

func (t *target) save(ctx context.Context, tx *store.Tx) error {
	failures, err := json.Marshal(t.failures)
	if err != nil {
		return fmt.Errorf("keep the failures of target %s: %w", t.id, err)
	}
	_, err = tx.Exec(ctx, `INSERT INTO delivery_targets (id, network, partner, name, url, failures, failed, failed_at, http_status, error, suspended_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET failures = excluded.failures, failed = excluded.failed,
		failed_at = excluded.failed_at, http_status = excluded.http_status, error = excluded.error, suspended_at = excluded.suspended_at`,
		t.id, t.network, t.partner, t.name, t.url, string(failures), t.failed, t.failedAt, t.httpStatus, t.err, t.suspendedAt)
	if err != nil {
		return fmt.Errorf("keep target %s: %w", t.id, err)
	}
	return nil
}

// ofTarget selects the deliveries of a target.
const ofTarget = "kind = 'postback' AND network = ? AND partner = ? AND name = ? AND url = ?"

// suspend sets aside what waits for the target.
func (q *Queue) suspend(ctx context.Context, tx *store.Tx, t *target) error {
	query := q.byTurn("UPDATE {deliveries} SET state = 'suspended' WHERE state = 'waiting' AND host = ? AND " + ofTarget)
	_, err := tx.Exec(ctx, query, hostOf(t.url), t.network, t.partner, t.name, t.url)
	if err != nil {
		return fmt.Errorf("suspend the deliveries of target %s: %w", t.id, err)
	}
	return nil
}

// hostOf is the column host of a delivery to a URL.
func hostOf(url string) string {
	_, rest, _ := strings.Cut(url, "://")
	if end := strings.IndexAny(rest, "/?#"); end >= 0 {
		rest = rest[:end]
	}
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' { // the databases lower no other letters
			r += 'a' - 'A'
		}
		return r
	}, rest)
}

// release forgets the target's failures and makes its deliveries due again, at
// the URL that is configured by now.
func (t *target) release(ctx context.Context, tx *store.Tx, now time.Time, url string) error {
	if _, err := tx.Exec(ctx, "DELETE FROM delivery_targets WHERE id = ?", t.id); err != nil {
		return fmt.Errorf("resume target %s: %w", t.id, err)
	}
	if t.suspendedAt == 0 {
		return nil
	}
	at := now.UnixMicro()
	_, err := tx.Exec(ctx, "UPDATE deliveries SET state = 'waiting', due_at = ?, renewed_at = ?, attempts = 0, url = ? WHERE state = 'suspended' AND "+ofTarget,
		at, at, url, t.network, t.partner, t.name, t.url)
	if err != nil {
		return fmt.Errorf("resume the deliveries of target %s: %w", t.id, err)
	}
	return nil
}
