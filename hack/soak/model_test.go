package soak

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/tracker/journal"
)

// model is docs/rules.md written down once more, as simply as possible: one entry
// after the other. It knows the configurations and the requests that were sent; of
// the journal it takes which request came when, and under which configuration.
type model struct {
	*traffic
	versions map[string]*world // by the digest of the snapshot
	taken    map[journal.BootID]map[uint64]bool

	rows     map[string]*row // of clicks and impressions that are in the journal
	sales    []*sale
	byID     map[string]*sale
	byOrder  map[string][]*sale
	bySeat   map[string][]*sale // by session and goal
	same     map[string][]*sale // by everything that was sent
	ofOffer  map[string][]*sale
	closed   map[string]bool
	waiting  []*facts
	deadline map[*facts]int64
	time     int64

	verdicts   []judged
	moderated  int
	goalClicks map[string]int // by offer, partner and goal
	fired      map[string]int // by what the partner is told
	wrong      []string       // what must not be in a journal
}

// row is a click or an impression with the configuration that it was served from.
type row struct {
	*request
	world      *world
	impression bool
	at         int64
}

// judged is a postback's line in the log.
type judged struct {
	*facts
	verdict string
}

func newModel(t *traffic, versions map[string]*world) *model {
	return &model{
		traffic: t, versions: versions, taken: map[journal.BootID]map[uint64]bool{}, rows: map[string]*row{},
		byID: map[string]*sale{}, byOrder: map[string][]*sale{}, bySeat: map[string][]*sale{}, same: map[string][]*sale{}, ofOffer: map[string][]*sale{},
		closed: map[string]bool{}, deadline: map[*facts]int64{}, goalClicks: map[string]int{}, fired: map[string]int{},
	}
}

func (m *model) wrongf(format string, args ...any) {
	m.wrong = append(m.wrong, fmt.Sprintf(format, args...))
}

// take folds a batch. A tracker that got no answer writes a batch again.
func (m *model) take(b *journal.Batch) {
	if m.taken[b.BootID] == nil {
		m.taken[b.BootID] = map[uint64]bool{}
	}
	if m.taken[b.BootID][b.Sequence] {
		return
	}
	m.taken[b.BootID][b.Sequence] = true
	for i, x := range b.Entries {
		switch {
		case x.Click != nil:
			m.arrive(&x.Click.Traffic, false)
		case x.Impression != nil:
			m.arrive(&x.Impression.Traffic, true)
		case x.Moderation != nil:
			m.moderate(x.Moderation)
		case x.Tick != nil && x.Tick.At-86_400_000_000 > b.Stored.UnixMicro():
			m.tick(b.Stored.UnixMicro()) // the clock of a ledger is wrong by days
		case x.Tick != nil:
			m.tick(x.Tick.At)
		case x.Postback != nil:
			m.receive(x.Postback, conversionID(b.BootID, b.Sequence, i, x.Postback.At))
		}
	}
}

// conversionID names an entry by time and place, in the letters of a ULID.
func conversionID(boot journal.BootID, sequence uint64, entry int, at int64) string {
	place := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint64(boot[:], sequence), uint32(entry))
	digest := sha256.Sum256(place)
	bits := binary.BigEndian.AppendUint64(nil, uint64(at/1000))[2:]
	bits = append(bits, digest[:10]...)
	// Two zero bits before the 128 make them a whole number of letters.
	text := ""
	for i := -2; i < 128; i += 5 {
		v := 0
		for k := i; k < i+5; k++ {
			v *= 2
			if k >= 0 && bits[k/8]&(0x80>>(k%8)) != 0 {
				v++
			}
		}
		text += "0123456789ABCDEFGHJKMNPQRSTVWXYZ"[v : v+1]
	}
	return text
}

func (m *model) request(text, prefix string) *request {
	n, err := strconv.Atoi(strings.TrimPrefix(text, prefix))
	if err != nil || n >= len(m.requests) {
		return nil
	}
	return m.requests[n]
}

func (m *model) arrive(t *journal.Traffic, impression bool) {
	q, w := m.request(t.Subs[9], ""), m.versions[t.Context.Config]
	if q == nil || w == nil {
		m.wrongf("visit %s of nobody: sub10 %q, configuration %s", t.ID, t.Subs[9], t.Context.Config)
		return
	}
	if m.rows[t.ID] != nil {
		m.wrongf("visit %s is there twice", t.ID)
	}
	m.rows[t.ID] = &row{q, w, impression, t.At}
	list := m.waiting
	m.waiting = nil
	for _, f := range list {
		if f.session == t.ID {
			m.judge(f)
		} else {
			m.waiting = append(m.waiting, f)
		}
	}
}

func (m *model) receive(p *journal.Postback, id string) {
	q, w := m.request(p.UserAgent, "server/"), m.versions[p.Config]
	if q == nil || w == nil {
		m.wrongf("postback %s of nobody: agent %q, configuration %s", id, p.UserAgent, p.Config)
		return
	}
	f := m.screen(w, q, p.At)
	f.id = id
	behind := slices.ContainsFunc(m.waiting, func(o *facts) bool { return o.session == f.session })
	judgeable := f.reason == "" || f.reason == "unknown_goal"
	if f.session != "" && judgeable && (behind || m.rows[f.session] == nil && p.At/1_000_000-f.sessionAt < 60) {
		m.waiting = append(m.waiting, f)
		return
	}
	m.judge(f)
}

func (m *model) tick(at int64) {
	if at == m.time {
		return
	}
	m.time = at
	for _, s := range m.sales {
		if s.status == "hold" && s.until != 0 && s.until <= at {
			s.until = 0
			s.move("approved", "")
			m.fire(s, s.facts)
		}
	}
	list := m.waiting
	m.waiting = nil
	for _, f := range list {
		switch {
		case m.deadline[f] == 0 || m.deadline[f] > at+1_000_000:
			m.deadline[f] = at + 1_000_000
		case m.deadline[f] <= at:
			m.judge(f)
			continue
		}
		m.waiting = append(m.waiting, f)
	}
}

func (m *model) judge(f *facts) { m.verdicts = append(m.verdicts, judged{f, m.verdict(f)}) }

func (m *model) moderate(x *journal.Moderation) {
	m.moderated++
	s := m.byID[x.ConversionID]
	if s == nil || s.network.Name != x.Network {
		return
	}
	names := map[snapshot.ConversionStatus]string{snapshot.StatusApproved: "approved", snapshot.StatusPending: "pending", snapshot.StatusRejected: "rejected", snapshot.StatusHold: "hold"}
	approvedAndHeld := x.Status == snapshot.StatusApproved && s.until != 0 && x.From != 0 && !x.Release
	if s.status == names[x.Status] || approvedAndHeld {
		m.affirm(s, x)
		return
	}
	if x.From != 0 && names[x.From] != s.status {
		s.history = append(s.history, s.status) // it was decided about another status
		return
	}
	was := s.status
	if x.Status == snapshot.StatusRejected {
		words := cmp.Or(x.Reason, "rejected_by_moderator")
		s.until, s.advertisers, s.decided = 0, false, &words
		s.move("rejected", words)
		m.fire(s, s.facts)
		return
	}
	if was == "rejected" {
		if m.keyTaken(s) || m.over(s, s, "rejected") {
			s.history = append(s.history, "rejected")
			return
		}
		s.frees = s.goal == nil // the key of an unknown goal is always free
		if s.goal != nil && s.goal.EndPoint && s.session != "" {
			m.closed[s.session] = true
		}
	}
	s.decided = &x.Reason
	ends := s.at + s.offer.HoldHours*3_600_000_000
	if !x.Release && (was != "hold" || x.From != 0) && s.offer.HoldHours > 0 && ends > x.At {
		s.until = ends
		s.move("hold", "")
	} else {
		s.until = 0
		s.move("approved", "")
	}
	if was != s.status {
		m.fire(s, s.facts)
	}
}

// affirm keeps a decision for the status that there is already, once for the same words.
func (m *model) affirm(s *sale, x *journal.Moderation) {
	rejects := x.Status == snapshot.StatusRejected
	switch {
	case !x.Affirm, s.decided == nil && !rejects && x.Reason == "", s.decided != nil && (x.Reason == "" || x.Reason == *s.decided):
		return
	case rejects && !m.keyTaken(s):
		s.frees = s.goal == nil // what a person rejects, no later postback opens
	}
	words := x.Reason
	if rejects {
		words = cmp.Or(words, "rejected_by_moderator")
		s.advertisers = false
	}
	s.decided = &words
	s.move(s.status, words)
}

// keyTaken: another sale has the key of this one by now.
func (m *model) keyTaken(s *sale) bool {
	if s.goal == nil {
		return false
	}
	other := func(o *sale) bool { return o != s && !o.frees }
	return s.order != "" && slices.ContainsFunc(m.byOrder[s.orderKey()], other) ||
		s.session != "" && !s.goal.Multiple && slices.ContainsFunc(m.bySeat[s.seat()], func(o *sale) bool { return other(o) && !o.goal.Multiple })
}

// fire notes which of the partner's URLs are called now that the sale has its
// status, by what the configuration of f says.
func (m *model) fire(s *sale, f *facts) {
	value := "" // of no goal: partners hear of rejected conversions without one
	if s.goal != nil {
		if s.goal.Private || s.goal.AsClick {
			return
		}
		value = s.goal.Value
	}
	if f.partner.Name != s.partner.Name {
		f = s.facts // an order that came with another partner's click
	}
	var own, global []string
	for _, x := range f.partner.Outgoing {
		on := slices.ContainsFunc(x.On, func(status string) bool { return strings.EqualFold(status, s.status) })
		if !on || x.Goal != "" && !strings.EqualFold(x.Goal, value) {
			continue
		}
		switch x.Offer {
		case "":
			global = append(global, x.Name)
		case s.offer.Name:
			own = append(own, x.Name)
		}
	}
	if len(own) == 0 {
		own = global
	}
	for _, name := range own {
		m.fired[fmt.Sprintf("%s/%s/%s %s %s goal=%s payout=%s", s.network.Name, s.partner.Name, name, s.id, s.status, value, cents(s.payout))]++
	}
}

// zones are read once: there are many windows.
var zones = map[string]*time.Location{}

// window is the part of time in which a cap counts a sale.
func (s *sale) window(kind string) string {
	if s.windows[kind] == "" {
		zone := zones[s.network.Zone]
		if zone == nil {
			var err error
			if zone, err = time.LoadLocation(s.network.Zone); err != nil {
				panic(err)
			}
			zones[s.network.Zone] = zone
		}
		layout := map[string]string{"Hour": "2006-01-02 15 MST", "Day": "2006-01-02", "Month": "2006-01", "Lifetime": "life"}[kind]
		s.windows[kind] = time.UnixMicro(s.at).In(zone).Format(layout)
	}
	return s.windows[kind]
}
