package journal

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// PublishCap makes s the last known state of its cap, for the trackers that watch
// and for those that start later. It returns when the journal's servers have it.
// Publishing the same state again is harmless.
func (c *Conn) PublishCap(ctx context.Context, s CapState) error {
	data, err := encMode.Marshal(s)
	if err != nil {
		return fmt.Errorf("encode the state of cap %q: %w", s.Key.Cap, err)
	}
	if err := c.caps.ensure(ctx); err != nil {
		return err
	}
	options := []jetstream.PublishOpt{jetstream.WithExpectStream(CapsStreamName)}
	if s.Until != 0 {
		// What is over needs no keeping. The margin covers clocks that differ.
		left := time.Until(time.UnixMicro(s.Until)) + time.Hour
		options = append(options, jetstream.WithMsgTTL(max(left, time.Minute).Round(time.Second)))
	}
	msg := &nats.Msg{Subject: capSubject(s.Key), Data: data}
	if _, err := c.js.PublishMsg(ctx, msg, options...); err != nil {
		return fmt.Errorf("publish the state of cap %q of offer %s/%s: %w", s.Key.Cap, s.Key.Network, s.Key.Offer, err)
	}
	return nil
}

// capSubject is a subject of its own for each cap. Names of caps hold anything, so
// it is a digest.
func capSubject(k CapKey) string {
	h := sha256.New()
	for _, s := range []string{k.Network, k.Offer, k.Cap, k.Partner} {
		h.Write(appendText(nil, s))
	}
	return subjectCaps + hex.EncodeToString(h.Sum(nil)[:16])
}

// WatchCaps keeps set equal to what PublishCap published, until ctx ends: first the
// last state of every cap, then each change. It survives lost connections; while
// there is none the set stays as it was. The returned error is that of ctx.
func (c *Conn) WatchCaps(ctx context.Context, set *Caps) error {
	return again(ctx, c.log, "watching closed caps", func(ctx context.Context) error { return c.watchCaps(ctx, set) })
}

func (c *Conn) watchCaps(ctx context.Context, set *Caps) error {
	if err := c.caps.ensure(ctx); err != nil {
		return err
	}
	// Every set-up reads the last state of all caps, so nothing that changed while
	// the watch was broken is missed.
	iter, err := c.consume(ctx, CapsStreamName, jetstream.ConsumerConfig{
		DeliverPolicy: jetstream.DeliverLastPerSubjectPolicy,
		FilterSubject: subjectCaps + ">",
	})
	if err != nil {
		return err
	}
	defer iter.Stop()
	for {
		msg, err := iter.Next(jetstream.NextContext(ctx))
		if err != nil {
			return fmt.Errorf("watch caps: %w", err)
		}
		var s CapState
		if err := decMode.Unmarshal(msg.Data(), &s); err != nil {
			c.log.Info("passed over the state of a cap that does not decode", "error", err.Error())
			continue
		}
		set.Set(s, time.Now())
	}
}

// consume opens an ephemeral consumer that needs no acknowledgements. The server
// forgets it soon after its client is gone; the client notices within two
// heartbeats that the server has.
func (c *Conn) consume(ctx context.Context, stream string, cfg jetstream.ConsumerConfig) (jetstream.MessagesContext, error) {
	cfg.AckPolicy = jetstream.AckNonePolicy
	cfg.MemoryStorage = true
	cfg.Replicas = 1
	cfg.InactiveThreshold = 5 * time.Minute // a reader may wait for its database
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	cons, err := c.js.CreateConsumer(ctx, stream, cfg)
	if err != nil {
		return nil, fmt.Errorf("open a consumer of %s: %w", stream, err)
	}
	iter, err := cons.Messages(
		jetstream.PullMaxMessages(prefetch),
		jetstream.PullExpiry(10*time.Second),
		jetstream.PullHeartbeat(time.Second),
		jetstream.WithMessagesErrOnMissingHeartbeat(true),
	)
	if err != nil {
		return nil, fmt.Errorf("consume %s: %w", stream, err)
	}
	return iter, nil
}

// prefetch is how many messages a consumer may hold ready; at 512 KiB a batch it
// bounds the memory to 32 MiB.
const prefetch = 64
