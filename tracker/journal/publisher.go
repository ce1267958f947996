package journal

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Outcomes of an append that a writer treats in a way of their own. Every other
// error means that the outcome is not known and the same batch is sent again.
var (
	errFull          = errors.New("the journal is full, or held because it is not that of the books (see the ledger's log)")
	errBatchTooLarge = errors.New("larger than the NATS server's max_payload")
)

// publisher appends batches to the stream, one at a time.
type publisher struct {
	conn   *Conn
	packed []byte // the last batch, packed
}

// headerRoom is what a message's headers may take of the server's limit.
const headerRoom = 1 << 10

// append sends one batch and returns when it is durable. The id makes JetStream
// recognise a batch that is sent again.
func (p *publisher) append(ctx context.Context, id string, data []byte) error {
	if err := p.conn.journal.ensure(ctx); err != nil {
		return because(err, p.conn.revive())
	}
	data, err := p.fit(data)
	if err != nil {
		return err
	}
	msg := &nats.Msg{Subject: subjectBatch, Data: data}
	ack, err := p.conn.js.PublishMsg(ctx, msg, jetstream.WithMsgID(id),
		jetstream.WithExpectStream(StreamName), jetstream.WithRetryAttempts(0))
	if err == nil {
		p.conn.end.reach(ack.Sequence, id)
		return nil
	}
	if errors.Is(err, jetstream.ErrNoStreamResponse) {
		p.conn.journal.forget()
	}
	return because(classify(err), p.conn.revive())
}

// because adds the reason, if it is known, to an error that is often none but that there
// was no answer.
func because(err, why error) error {
	if why == nil {
		return err
	}
	return fmt.Errorf("%w: %w", err, why)
}

// limit is the server's max_payload without room for headers; 0 while not connected.
func (p *publisher) limit() int { return max(int(p.conn.nc.MaxPayload())-headerRoom, 0) }

// fit makes a batch small, and smaller if it is larger than the server takes. The
// client has copied it when the publishing of it is over.
func (p *publisher) fit(data []byte) ([]byte, error) {
	limit, raw := p.limit(), data
	if len(data) >= packedFrom {
		p.packed = pack(p.packed, data)
		data = p.packed
	}
	if limit == 0 || len(data) <= limit {
		return data, nil
	}
	small, err := deflate(raw)
	if err != nil {
		return nil, err
	}
	if len(small) > limit {
		return nil, fmt.Errorf("%w (%d bytes, compressed)", errBatchTooLarge, len(small))
	}
	return small, nil
}

func classify(err error) error {
	if errors.Is(err, nats.ErrMaxPayload) {
		return fmt.Errorf("%w: %w", errBatchTooLarge, err)
	}
	var api *jetstream.APIError
	if !errors.As(err, &api) {
		return err
	}
	switch {
	case api.ErrorCode == codeMessageTooLarge:
		return fmt.Errorf("%w: %w", errBatchTooLarge, err)
	case api.ErrorCode == codeStoreFailed && strings.Contains(api.Description, "exceeded"),
		api.ErrorCode == codeAccountResources, api.ErrorCode == codeInsufficient, api.ErrorCode == codeStorageResources:
		return fmt.Errorf("%w: %w", errFull, err)
	}
	return err
}
