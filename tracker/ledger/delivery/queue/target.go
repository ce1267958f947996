package queue

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/waypost/waypost/tracker/ledger/delivery"
	"github.com/waypost/waypost/tracker/ledger/store"
	"github.com/waypost/waypost/tracker/ledger/store/column"
)

const (
	// failuresInARow within failuresWithin suspend a URL.
	failuresInARow = 10
	failuresWithin = 72 * time.Hour
)

// target is one configured URL of a partner. It has a row while its last call
// failed. Times are microseconds since 1970.
type target struct {
	id                     string // of targetID
	network, partner, name string
	url                    string  // the template, as configured
	failures               []int64 // when the latest calls failed, at most failuresInARow
	failed                 int64   // calls that failed in a row
	failedAt               int64   // of the last one, like httpStatus and err
	httpStatus             int64
	err                    string
	suspendedAt            int64 // 0 unless suspended
}

// targetID names a partner's URL: a changed URL is another target. Lengths stand before
// the parts, so that no two targets give the same bytes. Eight bytes of the hash fit into
// a path of the API, and are plenty for the URLs of an installation.
func targetID(network, partner, name, url string) string {
	h := sha256.New()
	for _, part := range []string{network, partner, name, url} {
		// Writing to a hash never fails.
		_, _ = h.Write([]byte(strconv.Itoa(len(part)) + ":" + part))
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// targetColumns are the columns of table delivery_targets.
var targetColumns = column.List[target]{
	column.Plain("id", func(t *target) *string { return &t.id }),
	column.Plain("network", func(t *target) *string { return &t.network }),
	column.Plain("partner", func(t *target) *string { return &t.partner }),
	column.Plain("name", func(t *target) *string { return &t.name }),
	column.Plain("url", func(t *target) *string { return &t.url }),
	column.Encoded("failures", func(t *target) *[]int64 { return &t.failures }, failuresText, parseFailures),
	column.Number("failed", func(t *target) *int64 { return &t.failed }),
	column.Number("failed_at", func(t *target) *int64 { return &t.failedAt }),
	column.Number("http_status", func(t *target) *int64 { return &t.httpStatus }),
	column.Plain("error", func(t *target) *string { return &t.err }),
	column.Number("suspended_at", func(t *target) *int64 { return &t.suspendedAt }),
}

// failuresText writes the times of failures as a JSON array, as the table holds them.
func failuresText(list *[]int64) string {
	b := []byte{'['}
	for i, at := range *list {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, at, 10)
	}
	return string(append(b, ']'))
}

// parseFailures reads what failuresText wrote.
func parseFailures(text string, list *[]int64) error {
	if err := json.Unmarshal([]byte(text), list); err != nil {
		return fmt.Errorf("read the failures of a target: %w", err)
	}
	return nil
}

// selectTargets reads whole rows; conditions and order are appended.
var selectTargets = "SELECT " + targetColumns.String() + " FROM delivery_targets"

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

// scanTarget reads one row of selectTargets.
func scanTarget(scan func(...any) error) (t target, err error) {
	return t, targetColumns.Scan(scan, &t)
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

// saveTarget replaces the row of a target.
var saveTarget = targetColumns.Replace("delivery_targets", 1)

// save writes the target's row, whether it has one already or not.
func (t *target) save(ctx context.Context, tx *store.Tx) error {
	args := make([]any, len(targetColumns))
	targetColumns.Values(t, args)
	if _, err := tx.Exec(ctx, saveTarget, args...); err != nil {
		return fmt.Errorf("keep target %s: %w", t.id, err)
	}
	return nil
}

// ofTarget selects the deliveries of a target.
const ofTarget = "kind = 'postback' AND network = ? AND partner = ? AND name = ? AND url = ?"

// suspend sets aside what waits for the target. The host follows from the URL; it is in
// the condition for the sake of the index.
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

// recordTarget counts the failures in a row of the result's target. A success forgets
// them, also where a call that was out when the target was suspended brings it. A call that
// fails while the target is suspended sets aside again what came to wait meanwhile.
func (q *Queue) recordTarget(ctx context.Context, tx *store.Tx, r *delivery.Result) error {
	t, err := targetOf(ctx, tx, r)
	switch {
	case err != nil:
		return err
	case t == nil:
		return nil
	case r.Succeeded():
		return t.release(ctx, tx, r.At, t.url)
	}
	t.fail(r.At, r.HTTPStatus, text(r.Error))
	if err := t.save(ctx, tx); err != nil {
		return err
	}
	if t.suspendedAt == 0 {
		return nil
	}
	return q.suspend(ctx, tx, t)
}

// targetOf is the target of a result: the one with a row or, for the first
// failure, a new one. nil is a success that ends no row of failures.
func targetOf(ctx context.Context, tx *store.Tx, r *delivery.Result) (*target, error) {
	known, err := targets(ctx, tx, "id = ?", r.Target)
	if err != nil {
		return nil, err
	}
	if len(known) > 0 {
		return &known[0], nil
	}
	if r.Succeeded() {
		return nil, nil
	}
	var t *target
	err = tx.Query(ctx, "SELECT network, partner, name, url FROM deliveries WHERE id = ?", []any{r.ID}, func(scan func(...any) error) error {
		t = &target{id: r.Target}
		return scan(&t.network, &t.partner, &t.name, &t.url)
	})
	if err != nil {
		return nil, fmt.Errorf("find the target of %s: %w", r.ID, err)
	}
	return t, nil
}

// Target is a partner's URL whose last call failed.
type Target struct {
	ID      string
	Network string
	Partner string // object name
	Name    string // of the partner's postback
	URL     string // as configured, with its macros
	State   delivery.State
	// Failures is how many calls in a row have failed; FailedAt is when the last did.
	Failures   int64
	FailedAt   time.Time
	HTTPStatus int // of the last answer, 0 if none came
	Error      string
	// SuspendedAt is zero unless State is delivery.Suspended.
	SuspendedAt time.Time
}

// Targets lists the partners' URLs that fail at present, those that are suspended
// among them, by id.
func (q *Queue) Targets(ctx context.Context) ([]Target, error) {
	list, err := q.listTargets(ctx, "")
	if err != nil {
		return nil, fmt.Errorf("list the targets of deliveries: %w", err)
	}
	out := make([]Target, len(list))
	for i := range list {
		out[i] = list[i].public()
	}
	return out, nil
}

// public is the target for other packages, with times instead of microseconds.
func (t *target) public() Target {
	p := Target{
		ID: t.id, Network: t.network, Partner: t.partner, Name: t.name, URL: t.url, State: delivery.Waiting,
		Failures: t.failed, FailedAt: time.UnixMicro(t.failedAt).UTC(), HTTPStatus: int(t.httpStatus), Error: t.err,
	}
	if t.suspendedAt > 0 {
		p.State, p.SuspendedAt = delivery.Suspended, time.UnixMicro(t.suspendedAt).UTC()
	}
	return p
}

// listTargets reads targets by id, outside of any transaction; where is empty or a
// condition with WHERE before it.
func (q *Queue) listTargets(ctx context.Context, where string) ([]target, error) {
	var list []target
	err := q.read(ctx, selectTargets+where+" ORDER BY id", nil, func(rows *sql.Rows) error {
		t, err := scanTarget(rows.Scan)
		list = append(list, t)
		return err
	})
	return list, err
}
