package api

import (
	"slices"
	"time"

	"github.com/waypost/waypost/tracker/ledger/delivery"
	"github.com/waypost/waypost/tracker/ledger/delivery/queue"
	"github.com/waypost/waypost/tracker/ledger/query"
)

// target is a partner's URL whose last call failed, in answers.
type target struct {
	ID      string         `json:"id"`
	State   delivery.State `json:"state"`
	Network string         `json:"network"`
	Partner string         `json:"partner"`
	Name    string         `json:"name"`
	URL     string         `json:"url"`
	// Failures counts the calls in a row that failed.
	Failures    int64      `json:"failures"`
	FailedAt    time.Time  `json:"failedAt"`
	HTTPStatus  int        `json:"httpStatus"`
	Error       string     `json:"error"`
	SuspendedAt *time.Time `json:"suspendedAt"`
}

func targetOf(t queue.Target) target {
	out := target{
		ID: t.ID, State: t.State, Network: t.Network, Partner: t.Partner, Name: t.Name, URL: t.URL,
		Failures: t.Failures, FailedAt: t.FailedAt, HTTPStatus: t.HTTPStatus, Error: t.Error,
	}
	if !t.SuspendedAt.IsZero() {
		out.SuspendedAt = &t.SuspendedAt
	}
	return out
}

// targets are those of the scope. There are few: a URL that works has none.
func (a *service) targets(c *call, states []delivery.State) ([]target, error) {
	all, err := a.Queue.Targets(c.r.Context())
	if err != nil {
		return nil, err
	}
	list := []target{}
	for _, t := range all {
		if (c.scope.Network == "" || t.Network == c.scope.Network) && (c.scope.Partner == "" || t.Partner == c.scope.Partner) &&
			(len(states) == 0 || slices.Contains(states, t.State)) {
			list = append(list, targetOf(t))
		}
	}
	return list, nil
}

func (a *service) listTargets(c *call) error {
	list, err := a.targets(c, chosen[delivery.State](c.args, "state"))
	if err != nil {
		return err
	}
	return c.write(query.List[target]{Items: list})
}

func (a *service) resumeTarget(c *call) error {
	if c.scope.PartnerOnly {
		return errChange
	}
	list, err := a.targets(c, []delivery.State{delivery.Suspended})
	if err != nil {
		return err
	}
	i := slices.IndexFunc(list, func(t target) bool { return t.ID == c.text("id") })
	if i < 0 {
		return queue.ErrNotFound
	}
	if err := a.Queue.Resume(c.r.Context(), list[i].ID, a.Now()); err != nil {
		return err
	}
	resumed := list[i]
	resumed.State, resumed.SuspendedAt, resumed.Failures = delivery.Waiting, nil, 0
	return c.write(resumed)
}
