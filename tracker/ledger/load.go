package ledger

import (
	"context"
	"math"
	"time"

	"github.com/go-logr/logr"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/tracker/journal"
	"github.com/waypost/waypost/tracker/ledger/fold"
	"github.com/waypost/waypost/tracker/ledger/judge"
	"github.com/waypost/waypost/tracker/ledger/store"
)

// loader reads everything that entries ask for, with few statements: what is judged
// later in the transaction finds it in the books.
//
// It works in waves over all batches of a group, because each wave asks by what the one
// before has found: postbacks with their configurations and keys; their visits, closed
// sessions, repeats and the conversions that occupy their keys; the configurations of
// those conversions and the counters of their caps; what moderation asks for; at last the
// counters of clicks and impressions.
//
// What was looked up and not found is kept as absent, so that it is asked for once. From
// there on the fold itself keeps the books: the tables are asked again only at ticks. The
// number of statements does not grow with the entries, but by one for each counter that
// begins.
type loader struct {
	ctx   context.Context // of its transaction
	tx    *store.Tx
	mem   *memory
	books *fold.Fold
	// configs are those of terms that entries share by pointer, as long as the entries live.
	configs map[*journal.Terms]*fold.Config
	log     logr.Logger
}

// prepare reads what the batches ask for, and returns the postbacks of each batch by
// index of entry. Waiting postbacks whose visit is in the batches are loaded with them:
// they are judged as soon as the fold meets that visit.
func (l *loader) prepare(batches []*journal.Batch) ([][]*fold.Postback, error) {
	var all []*fold.Postback
	var moderated []*journal.Moderation
	out := make([][]*fold.Postback, len(batches))
	for i, b := range batches {
		posts, err := l.postbacksOf(b)
		if err != nil {
			return nil, err
		}
		out[i] = posts
		for j := range b.Entries {
			if p := posts[j]; p != nil {
				all = append(all, p)
			}
			if m := b.Entries[j].Moderation; m != nil {
				moderated = append(moderated, m)
			}
		}
	}
	if err := l.postbacks(append(all, l.releasable(batches)...)); err != nil {
		return nil, err
	}
	if err := l.moderated(moderated); err != nil {
		return nil, err
	}
	return out, l.beginTraffic(batches)
}

// postbacksOf reads the postbacks of a batch.
func (l *loader) postbacksOf(b *journal.Batch) ([]*fold.Postback, error) {
	l.mem.terms.room()
	out := make([]*fold.Postback, len(b.Entries))
	for i := range b.Entries {
		in := b.Entries[i].Postback
		if in == nil {
			continue
		}
		p := &fold.Postback{Postback: in, ID: entryID(b.BootID, b.Sequence, i, in.At), Place: placeOf(b, i)}
		out[i] = p
		if in.Terms == nil {
			continue
		}
		c, err := l.config(in.Terms)
		if err != nil {
			return nil, err
		}
		in.Terms, p.Config = c.Terms, c
		p.Keys = judge.KeysOf(in)
	}
	return out, nil
}

// config is the configuration of the terms of entries, which many of them share.
func (l *loader) config(t *journal.Terms) (*fold.Config, error) {
	if c, ok := l.configs[t]; ok {
		return c, nil
	}
	c, err := l.mem.config(t)
	if err == nil {
		l.configs[t] = c
	}
	return c, err
}

// releasable are the waiting postbacks whose click or impression is in the batches.
func (l *loader) releasable(batches []*journal.Batch) []*fold.Postback {
	if l.mem.parked.Len() == 0 {
		return nil
	}
	arrived := make(map[string]bool)
	for _, b := range batches {
		for i := range b.Entries {
			if id := visitID(&b.Entries[i]); id != "" && l.mem.parked.Awaits(id) {
				arrived[id] = true
			}
		}
	}
	return l.mem.parked.For(func(id string) bool { return arrived[id] })
}

func visitID(x *journal.Entry) string {
	switch {
	case x.Click != nil:
		return x.Click.ID
	case x.Impression != nil:
		return x.Impression.ID
	}
	return ""
}

// wanted holds keys that have not been looked up yet.
type wanted[K comparable] struct {
	seen map[K]bool
	keys []any
}

func (w *wanted[K]) add(k K, known bool, key any) {
	if known || w.seen[k] {
		return
	}
	if w.seen == nil {
		w.seen = make(map[K]bool)
	}
	w.seen[k] = true
	w.keys = append(w.keys, key)
}

// addKey adds a key of conversions, unless it is none or known.
func addKey[V any](w *wanted[judge.Key], k judge.Key, known map[judge.Key]V) {
	if k != (judge.Key{}) {
		_, ok := known[k]
		w.add(k, ok, store.KeyOf(k))
	}
}

// postbacks reads what postbacks are judged by.
func (l *loader) postbacks(posts []*fold.Postback) error {
	if err := l.visits(posts); err != nil {
		return err
	}
	var sessions wanted[string]
	var repeats, orders, inSession wanted[judge.Key]
	for _, p := range posts {
		if s := judge.Session(p.Postback); s != "" {
			_, known := l.books.Closed[s]
			sessions.add(s, known, s)
		}
		addKey(&orders, p.Keys.Order, l.books.ByOrder)
		addKey(&inSession, p.Keys.Session, l.books.BySession)
		addKey(&inSession, p.Keys.Single, l.books.BySession)
		addKey(&repeats, p.Keys.Repeat, l.books.Repeats)
	}
	if err := l.sessions(&sessions, &repeats); err != nil {
		return err
	}
	if err := l.conversions(&orders, &inSession); err != nil {
		return err
	}
	return l.origins(posts)
}

// visits reads the clicks and impressions of postbacks. Those in the batches are marked
// as asked for too, and put in when their entry comes.
func (l *loader) visits(posts []*fold.Postback) error {
	var clicks, impressions []store.VisitRef
	for _, p := range posts {
		list, id := &clicks, judge.Session(p.Postback)
		if p.ClickID == "" {
			list = &impressions
		}
		if id == "" || p.Terms == nil {
			continue
		}
		if _, ok := l.books.Visits[id]; !ok {
			l.books.Visits[id] = nil
			*list = appendRefs(*list, id, p.SessionAt)
		}
	}
	found, err := l.tx.Visits.Clicks(l.ctx, clicks)
	if err != nil {
		return err
	}
	for id, v := range found {
		l.books.Visits[id] = v
	}
	found, err = l.tx.Visits.Impressions(l.ctx, impressions)
	for id, v := range found {
		l.books.Visits[id] = v
	}
	return err
}

// appendRefs appends where the row of an id may be: the UTC day that the id holds, and
// near midnight the neighboring one, because the row's time is a moment later or earlier.
func appendRefs(list []store.VisitRef, id string, seconds int64) []store.VisitRef {
	day := floorDiv(seconds, daySeconds)
	list = append(list, store.VisitRef{ID: id, Day: day})
	const margin = 60
	for _, near := range []int64{floorDiv(seconds-margin, daySeconds), floorDiv(seconds+margin, daySeconds)} {
		if near != day {
			list = append(list, store.VisitRef{ID: id, Day: near})
		}
	}
	return list
}

func (l *loader) sessions(sessions *wanted[string], repeats *wanted[judge.Key]) error {
	closed, err := l.tx.Sessions.Closed(l.ctx, sessions.keys)
	if err != nil {
		return err
	}
	for s := range sessions.seen {
		l.books.Closed[s] = closed[s]
	}
	found, err := l.tx.Sessions.Repeats(l.ctx, repeats.keys)
	for k := range repeats.seen {
		l.books.Repeats[k] = found[k]
	}
	return err
}

// conversions reads those that occupy the keys.
func (l *loader) conversions(orders, inSession *wanted[judge.Key]) error {
	for k := range orders.seen {
		l.books.ByOrder[k] = nil
	}
	for k := range inSession.seen {
		l.books.BySession[k] = nil
	}
	byOrder, err := l.tx.Conversions.Find(l.ctx, store.ByOrderKey, orders.keys)
	if err != nil {
		return err
	}
	bySession, err := l.tx.Conversions.Find(l.ctx, store.BySessionKey, inSession.keys)
	if err != nil {
		return err
	}
	l.adopt(append(byOrder, bySession...))
	return nil
}

// adopt takes conversions from the tables into the books.
func (l *loader) adopt(rows []store.Conversion) []*fold.Conversion {
	out := make([]*fold.Conversion, len(rows))
	for i := range rows {
		c := rows[i].Conversion
		c.Dimensions = l.mem.cellByID[rows[i].Cell]
		out[i] = l.books.Adopt(c)
	}
	return out
}

// origins reads the configurations that found conversions were judged by, as far as
// postbacks may move them, and begins the counters that judging may ask.
func (l *loader) origins(posts []*fold.Postback) error {
	var need []*fold.Conversion
	for _, p := range posts {
		if p.Status == 0 || p.Config == nil {
			continue
		}
		for _, c := range []*fold.Conversion{l.books.ByOrder[p.Keys.Order], l.books.BySession[p.Keys.Session]} {
			if c != nil && c.Config == nil {
				need = append(need, c)
			}
		}
	}
	if err := l.configsOf(need); err != nil {
		return err
	}
	for _, p := range posts {
		if p.Config == nil || len(p.Config.Caps) == 0 {
			continue
		}
		cell := judge.Dimensions{Network: p.Network, Offer: p.Terms.Offer.Name, Partner: p.Terms.Partner.Name, Goal: p.Terms.Goal.Value}
		if err := l.begin(p.Config.Caps, &cell, p.At, p.Config.Zone); err != nil {
			return err
		}
	}
	return nil
}

// configsOf gives conversions the configurations that they were judged by.
func (l *loader) configsOf(list []*fold.Conversion) error {
	hashes := make([]judge.Key, len(list))
	for i, c := range list {
		hashes[i] = c.Terms
	}
	if err := l.mem.loadConfigs(l.ctx, l.tx, hashes); err != nil {
		return err
	}
	for _, c := range list {
		var err error
		if c.Config, err = l.mem.configByHash(l.ctx, l.tx, c.Terms, l.log); err != nil {
			return err
		}
		if err := l.begin(c.Config.Caps, &c.Dimensions, c.At, c.Config.Zone); err != nil {
			return err
		}
	}
	return nil
}

// moderated reads the conversions that are moderated, what they were judged by, and
// which conversions occupy their keys now. A rejection may have freed a key that another
// conversion has taken since; approval is then refused as a duplicate.
func (l *loader) moderated(list []*journal.Moderation) error {
	if len(list) == 0 {
		return nil
	}
	var ids wanted[string]
	for _, m := range list {
		_, known := l.books.Conversions[m.ConversionID]
		ids.add(m.ConversionID, known, m.ConversionID)
	}
	rows, err := l.tx.Conversions.Find(l.ctx, store.ByID, ids.keys)
	if err != nil {
		return err
	}
	l.adopt(rows)
	var found []*fold.Conversion // here or there; what is yet to come brings its configuration along
	for _, m := range list {
		if c := l.books.Conversions[m.ConversionID]; c != nil {
			found = append(found, c)
		}
	}
	if err := l.configsOf(found); err != nil {
		return err
	}
	var orders, sessions wanted[judge.Key]
	for _, c := range found {
		k := judge.FreedKeys(c.Conversion, c.Config.Terms)
		addKey(&orders, k.Order, l.books.ByOrder)
		addKey(&sessions, k.Session, l.books.BySession)
	}
	return l.conversions(&orders, &sessions)
}

// holdsEnding reads the conversions whose hold ends by that time.
func (l *loader) holdsEnding(at int64) ([]*fold.Conversion, error) {
	rows, err := l.tx.Conversions.HoldsEnding(l.ctx, at)
	if err != nil {
		return nil, err
	}
	list := l.adopt(rows)
	return list, l.configsOf(list)
}

// beginTraffic begins the counters of clicks and impressions. It must not give a cell
// its number: numbers go by the order of entries, not of transactions.
func (l *loader) beginTraffic(batches []*journal.Batch) error {
	caps := make(map[*journal.Context][]fold.Cap)
	for _, b := range batches {
		for i := range b.Entries {
			var t *journal.Traffic
			switch x := &b.Entries[i]; {
			case x.Click != nil:
				t = &x.Click.Traffic
			case x.Impression != nil:
				t = &x.Impression.Traffic
			}
			if t == nil || t.Context == nil || len(t.Context.Caps) == 0 {
				continue
			}
			c := t.Context
			if caps[c] == nil {
				caps[c] = fold.TrafficCaps(c.Caps, c.TimeZone)
			}
			cell := judge.Dimensions{Network: c.Network, Offer: c.Offer, Partner: c.Partner}
			if err := l.begin(caps[c], &cell, t.At, l.mem.locations.Find(c.TimeZone)); err != nil {
				return err
			}
		}
	}
	return nil
}

// begin begins counters. Nothing of the transaction may be counted yet: a counter that
// does not exist begins with what the rollups hold.
func (l *loader) begin(caps []fold.Cap, cell *judge.Dimensions, at int64, zone *time.Location) error {
	return l.mem.counters.Begin(caps, cell, at, zone, func(limit *fold.Cap, n *fold.Counter) (int64, error) {
		return l.countedBefore(limit, n, zone)
	})
}

// countedBefore sums up what the cap would have counted in its window so far: a count, or
// millionths. It reads the coarsest rollup whose buckets fit the window: quarters of an hour
// for hours, days for all others. A lifetime is all days.
func (l *loader) countedBefore(limit *fold.Cap, n *fold.Counter, zone *time.Location) (int64, error) {
	cells := l.coveredCells(limit, n)
	if len(cells) == 0 {
		return 0, nil
	}
	resolution, from, to := store.Days, int64(math.MinInt64), int64(math.MaxInt64)
	switch limit.Window {
	case snapshot.CapHour:
		resolution, from, to = store.Quarters, n.Starts/quarterMicros, n.Ends/quarterMicros
	case snapshot.CapDay, snapshot.CapMonth:
		// The end is a midnight, so a day is the last before it.
		from, to = judge.Day(n.Starts, zone), judge.Day(n.Ends-1, zone)+1
	}
	return l.tx.Rollups.Counted(l.ctx, resolution, metricNames[limit.Metric], cells, from, to)
}

// coveredCells are the cells that the cap counts.
func (l *loader) coveredCells(limit *fold.Cap, n *fold.Counter) []int64 {
	traffic := limit.Metric == snapshot.CapClicks || limit.Metric == snapshot.CapImpressions
	var out []int64
	for _, id := range l.mem.cellsOf[offerKey{n.Network, n.Offer}] {
		c := &l.mem.cellByID[id]
		switch {
		case n.Partner != "" && c.Partner != n.Partner:
		case traffic && c.Goal != "":
		case judge.Covers(limit.Cap, c):
			out = append(out, id)
		}
	}
	return out
}

var metricNames = map[snapshot.CapMetric]string{
	snapshot.CapClicks:      "clicks",
	snapshot.CapImpressions: "impressions",
	snapshot.CapConversions: "conversions",
	snapshot.CapPayout:      "payout",
	snapshot.CapRevenue:     "revenue",
}
