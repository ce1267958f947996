package main

import (
	"context"
	"net/http"
	"time"

	"github.com/waypost/waypost/tracker/admin"
	"github.com/waypost/waypost/tracker/ledger/api"
	"github.com/waypost/waypost/tracker/ledger/console"
	"github.com/waypost/waypost/tracker/ledger/delivery"
	"github.com/waypost/waypost/tracker/ledger/delivery/queue"
	"github.com/waypost/waypost/tracker/ledger/moderation"
	"github.com/waypost/waypost/tracker/ledger/query"
)

// api makes the admin port's handler with the ledger's API and console on it, and
// the tasks that deliver what the ledger decides. API and console share one reader of
// the tables and one moderator, so both show and decide the same.
//
// The courier is beside the fold and not inside it: the fold only writes deliveries
// into the tables, so a slow partner never holds up a verdict. Two more tasks keep the
// queue: one removes what is over and older than --retain, the other brings forward
// what a clock that was ahead has put off.
func (b *bookkeeping) api(authorizer admin.Authorizer, o admin.Options) (http.Handler, []task) {
	deliveries := queue.New(b.store)
	b.metrics.MustRegister(deliveries.Collector())
	read := query.New(b.store)
	moderator := moderation.New(read, b.writer, b.ledger, time.Now)
	o.Authorizer = authorizer
	o.Console = console.NewHandler(console.Options{
		Books: read, Moderator: moderator, Queue: deliveries, Authorizer: authorizer, Log: b.log.WithName("console"),
	})
	o.API = api.NewHandler(api.Options{
		Books: read, Queue: deliveries, Ledger: b.ledger, Version: version, Log: b.log.WithName("api"),
		Moderator: moderator,
	})
	wake := make(chan struct{}, 1)
	courier := delivery.New(delivery.Options{
		Queue: deliveries, Client: delivery.NewClient(b.flags.allowPrivate),
		Log: b.log.WithName("courier"), Metrics: b.metrics, Wake: wake,
	})
	return admin.NewHandler(o), []task{
		courier.Run,
		func(ctx context.Context) error {
			deliveries.KeepPruned(ctx, b.flags.retain, b.ledger.RetentionTime, b.log.WithName("courier"))
			return nil
		},
		func(ctx context.Context) error {
			deliveries.KeepDue(ctx, time.Now, b.log.WithName("courier"))
			return nil
		},
		func(ctx context.Context) error { return b.wakeOnProgress(ctx, wake) },
	}
}

// wakeOnProgress wakes the courier whenever the fold has got further, so that the
// postback of a conversion is sent at once and not at the next poll.
func (b *bookkeeping) wakeOnProgress(ctx context.Context, wake chan<- struct{}) error {
	for {
		_, further := b.ledger.Position()
		select {
		case <-ctx.Done():
			return nil
		case <-further:
		}
		select {
		case wake <- struct{}{}:
		default: // it is woken already and will look
		}
	}
}
