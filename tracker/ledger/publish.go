package ledger

import (
	"context"
	"sync"

	"github.com/waypost/waypost/tracker/journal"
)

// publisher publishes what was decided, caps beside the fold, which must not wait for it.
//
// Verdicts are sent once, after the commit: a tracker waits for them only for a moment.
// One that is lost is sent again only if its batch comes a second time. The state of
// a cap lasts, so it is sent until it is accepted, the latest alone.
type publisher struct {
	o    *Options
	caps capQueue
}

// tell publishes what a group has decided: its verdicts, one message for each batch
// and tracker, and the caps that it has filled.
func (p *publisher) tell(c *changes) {
	if p.o.Publish == nil {
		return
	}
	if !c.rebuilding() {
		p.tellVerdicts(c.verdicts)
	}
	for n, limit := range c.capsChanged {
		p.caps.put(journal.CapState{
			Key: journal.CapKey{
				Network: n.Network, Offer: n.Offer, Cap: n.Cap, Partner: n.Partner,
				Metric: n.Metric(), Window: n.Window(), Limit: limit,
			},
			Closed: n.Used >= limit, Until: n.Ends, From: n.Starts,
		})
	}
}

// batchKey is one message of verdicts: those of a batch, to the tracker that wrote it.
type batchKey struct {
	reply    string
	boot     journal.BootID
	sequence uint64
}

// tellVerdicts publishes verdicts by batch, in the order in which batches were folded. A
// postback without a reply subject waits for no verdict. Failures are logged only.
func (p *publisher) tellVerdicts(list []answer) {
	var order []batchKey
	items := make(map[batchKey][]journal.VerdictItem)
	for _, a := range list {
		if a.Reply == "" {
			continue
		}
		k := batchKey{a.Reply, a.Boot, a.Sequence}
		if items[k] == nil {
			order = append(order, k)
		}
		items[k] = append(items[k], journal.VerdictItem{Entry: a.Entry, Verdict: a.verdict})
	}
	for _, k := range order {
		err := p.o.Publish.PublishVerdicts(k.reply, journal.Verdicts{BootID: k.boot, Sequence: k.sequence, Items: items[k]})
		if err != nil {
			p.o.Log.V(1).Info("verdicts were not published", "error", err.Error())
		}
	}
}

// capQueue holds the latest state of each cap until it is published. States that
// add nothing new are left out.
type capQueue struct {
	mu      sync.Mutex
	pending map[journal.CapKey]journal.CapState
	last    map[journal.CapKey]journal.CapState // as published
	wake    chan struct{}
}

func newCapQueue() capQueue {
	return capQueue{pending: make(map[journal.CapKey]journal.CapState), last: make(map[journal.CapKey]journal.CapState), wake: make(chan struct{}, 1)}
}

// put queues the state of a cap. An open cap is published once, a closed one again when
// its window has moved. A state that equals the published one also takes back what is
// pending: the cap closed and opened again before it was sent.
func (q *capQueue) put(s journal.CapState) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if last, known := q.last[s.Key]; known && s.Closed == last.Closed && (!s.Closed || s == last) {
		delete(q.pending, s.Key)
		return
	}
	q.pending[s.Key] = s
	q.rouse()
}

// again keeps a state that could not be published, unless there is a newer one.
func (q *capQueue) again(s journal.CapState) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if _, newer := q.pending[s.Key]; !newer {
		q.pending[s.Key] = s
	}
	q.rouse()
}

// rouse wakes run; one wake-up is enough for all that is pending.
func (q *capQueue) rouse() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// take returns all that is pending, in no order, and leaves nothing.
func (q *capQueue) take() []journal.CapState {
	q.mu.Lock()
	defer q.mu.Unlock()
	out := make([]journal.CapState, 0, len(q.pending))
	for _, s := range q.pending {
		out = append(out, s)
	}
	clear(q.pending)
	return out
}

func (q *capQueue) published(s journal.CapState) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.last[s.Key] = s
}

// run publishes caps until ctx ends.
func (p *publisher) run(ctx context.Context) {
	for {
		select {
		case <-p.caps.wake:
		case <-ctx.Done():
			return
		}
		for _, s := range p.caps.take() {
			if err := p.o.Publish.PublishCap(ctx, s); err != nil {
				p.o.Log.Info("a cap's state was not published, trying again", "error", err.Error())
				p.caps.again(s)
				if sleep(ctx, retryFirst) != nil {
					return
				}
				continue
			}
			p.caps.published(s)
		}
	}
}
