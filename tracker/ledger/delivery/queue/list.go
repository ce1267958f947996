package queue

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/waypost/waypost/tracker/ledger/delivery"
)

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

func (t *target) public() Target {
	p := Target{
		ID: t.id, Network: t.network, Partner: t.partner, Name: t.name, URL: t.url, State: delivery.Pending,
		Failures: t.failed, FailedAt: time.UnixMicro(t.failedAt).UTC(), HTTPStatus: int(t.httpStatus), Error: t.err,
	}
	if t.suspendedAt > 0 {
		p.State, p.SuspendedAt = delivery.Suspended, time.UnixMicro(t.suspendedAt).UTC()
	}
	return p
}

func (q *Queue) listTargets(ctx context.Context, where string) ([]target, error) {
	var list []target
	err := q.read(ctx, selectTargets+where+" ORDER BY id", nil, func(rows *sql.Rows) error {
		t, err := scanTarget(rows.Scan)
		list = append(list, t)
		return err
	})
	return list, err
}
