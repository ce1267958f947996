package controllers

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	toolscache "k8s.io/client-go/tools/cache"
)

// listing is the handler of a kind whose objects are on their way, or all delivered.
type listing struct {
	toolscache.ResourceEventHandlerRegistration
	delivered atomic.Bool
}

func (l *listing) HasSynced() bool { return l.delivered.Load() }

// The engine hears that everything is listed when the last kind is, whichever it is.
func TestSyncedWhenEveryKindIs(t *testing.T) {
	for last := range len(objects()) {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			late := &listing{}
			var all []registration
			for i := range objects() {
				l := &listing{}
				if l.delivered.Store(true); i == last {
					l = late
				}
				all = append(all, registration{nil, l})
			}
			synced := make(chan struct{})
			go new(leader).waitSynced(ctx, all, synced)
			select {
			case <-synced:
				t.Fatalf("synced although kind %d is not listed", last)
			case <-time.After(time.Minute):
			}
			late.delivered.Store(true)
			<-synced
		})
	}
}
