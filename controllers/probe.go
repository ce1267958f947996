package controllers

import (
	"context"
	"errors"
	"net/http"
	"sync/atomic"
)

// synced is the readiness of an operator: its caches hold everything. It is a
// runnable of the manager, which starts those after the caches have synced.
type synced struct{ done atomic.Bool }

// Start implements manager.Runnable.
func (s *synced) Start(ctx context.Context) error {
	s.done.Store(true)
	<-ctx.Done()
	return nil
}

// NeedLeaderElection implements manager.LeaderElectionRunnable: a standby is
// ready, too.
func (s *synced) NeedLeaderElection() bool { return false }

// check implements healthz.Checker.
func (s *synced) check(*http.Request) error {
	if !s.done.Load() {
		return errors.New("waiting for the first list of all objects")
	}
	return nil
}
