package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/waypost/waypost/tracker/admin"
	"github.com/waypost/waypost/tracker/ledger/delivery/queue"
	"github.com/waypost/waypost/tracker/ledger/moderation"
	"github.com/waypost/waypost/tracker/ledger/query"
)

// problem is an error that the caller can do something about.
type problem struct {
	status int
	reason string
	detail string
}

func (p *problem) Error() string { return p.reason + ": " + p.detail }

func problemf(status int, reason, format string, a ...any) error {
	return &problem{status, reason, fmt.Sprintf(format, a...)}
}

var errNoPartner = &problem{http.StatusForbidden, "forbidden", "name the partner whose numbers you may see: partner=NAME"}

// problems are the errors of other packages, with what callers are told.
var problems = []struct {
	err error
	problem
}{
	{query.ErrNotFound, problem{http.StatusNotFound, "not_found", "there is no such thing, or none that you may see"}},
	{query.ErrNotForPartners, problem{http.StatusForbidden, "forbidden", query.ErrNotForPartners.Error()}},
	{query.ErrBadCursor, problem{http.StatusBadRequest, "bad_cursor", query.ErrBadCursor.Error()}},
	{query.ErrTooManyRows, problem{http.StatusBadRequest, "too_many_rows", query.ErrTooManyRows.Error()}},
	{moderation.ErrNotDecided, problem{http.StatusServiceUnavailable, "not_durable", moderation.ErrNotDecided.Error()}},
	{moderation.ErrNotApplied, problem{http.StatusGatewayTimeout, "not_applied", moderation.ErrNotApplied.Error()}},
	{queue.ErrNotFound, problem{http.StatusNotFound, "not_found", "there is no such delivery or suspended URL"}},
	{queue.ErrDelivered, problem{http.StatusConflict, "already_delivered", queue.ErrDelivered.Error()}},
}

// fail answers with what is known of an error. What is not the caller's fault goes
// to the log.
func (a *service) fail(w http.ResponseWriter, r *http.Request, err error) {
	var p *problem
	var refused *moderation.RefusedError
	switch {
	case errors.As(err, &p):
	case errors.As(err, &refused):
		p = &problem{http.StatusConflict, refused.Reason, refused.Error()}
	default:
		p = a.lookUp(err)
	}
	if p == nil {
		if errors.Is(err, context.Canceled) && r.Context().Err() != nil {
			return // nobody is left to be told
		}
		a.Log.Error(err, "answering a request of the API", "path", r.URL.Path)
		p = &problem{http.StatusInternalServerError, "internal_error", "the books could not be read; the log has the details"}
	}
	admin.WriteProblem(w, p.status, p.reason, p.detail)
}

func (a *service) lookUp(err error) *problem {
	for i := range problems {
		if !errors.Is(err, problems[i].err) {
			continue
		}
		if problems[i].status >= http.StatusInternalServerError {
			a.Log.Error(err, "moderating")
		}
		return &problems[i].problem
	}
	return nil
}
