package server

import (
	"net/netip"
	"time"

	"github.com/waypost/waypost/tracker/journal"
	"github.com/waypost/waypost/tracker/live"
	"github.com/waypost/waypost/tracker/server/params"
)

// Recorded is a postback as the log keeps it.
type Recorded struct {
	At time.Time
	// Network, Offer and Partner are object names.
	Network, Offer, Partner string
	Via                     journal.Via
	// Reason is why it was refused then, "" if it was not.
	Reason          string
	Goal            string // as it was resolved then
	ClickID, AimpID string
	SessionAt       int64      // seconds since 1970
	Source          netip.Addr // invalid if it is not kept any more
	// Params are in the order in which they came: of synonyms the first counts.
	Params []journal.Param
}

// Rechecker checks recorded postbacks again, under another configuration: what `waypost
// replay` and `waypost explain` judge is the entry that a tracker would write. It has a
// server without a port, of which the checks need no more than what is remembered of the
// index. Not safe for concurrent use.
type Rechecker struct {
	server Server
	index  *live.Index
	names  *params.Table
}

// NewRechecker returns a Rechecker for a configuration.
func NewRechecker(index *live.Index) *Rechecker {
	r := &Rechecker{index: index, names: params.Postbacks()}
	r.server.decided.Store(newDecisions(index))
	return r
}

// Check is the entry that the tracker would write under this configuration; false if the
// configuration lacks the network, the offer or the partner. What the log does not keep
// counts as it did then: keys, and whether a pixel came sealed. Ids are not opened again.
// They were good when the postback was recorded, under keys that may be retired by now.
func (r *Rechecker) Check(in *Recorded) (*journal.Postback, bool) {
	network := r.index.NetworkByName(in.Network)
	if network == nil {
		return nil, false
	}
	offer, partner := network.OfferByName(in.Offer), network.PartnerByName(in.Partner)
	if offer == nil || partner == nil {
		return nil, false
	}
	c := &postbackCheck{
		request: &request{server: &r.server, index: r.index, network: network, now: in.At, client: in.Source, route: &route{names: r.names}},
		entry: &journal.Postback{
			At: in.At.UnixMicro(), Network: in.Network, Config: r.index.Digest, Via: in.Via,
			ClickID: in.ClickID, AimpID: in.AimpID, SessionAt: in.SessionAt,
		},
		parties: partiesOf(network, offer, partner), noSession: in.ClickID == "" && in.AimpID == "",
	}
	r.scan(c, in)
	c.fill()
	for _, check := range checks {
		passes := in.Reason != check.reason
		if in.repeatable(check.reason) {
			passes = check.passes(c)
		}
		if !passes {
			c.entry.Reason = check.reason
			break
		}
	}
	c.locate()
	c.entry.KeyProven = keyRequired(network, c.parties)
	c.entry.Terms = c.terms()
	return c.entry, true
}

// scan reads the parameters as they came. A sealed parameter is not opened, because its key
// may be retired by now: it stands for the goal that was resolved then.
func (r *Rechecker) scan(c *postbackCheck, in *Recorded) {
	p := &c.request.params
	p.KeepRaw = true
	for _, raw := range in.Params {
		p.Add(r.names, raw.Name, raw.Value)
	}
	if len(p.Get(params.Encrypted)) > 0 && in.Via != journal.ViaServer && in.Reason != reasonEncryptionRequired {
		c.pixel = pixelTarget{named: true, offer: c.offer, sealed: true, goal: in.Goal}
	}
}

// repeatable reports whether the log keeps what the check of a reason needs. What another
// check found then stands.
func (in *Recorded) repeatable(reason string) bool {
	switch reason {
	case reasonBadRequest, reasonMissingClickID, reasonBadClickID, reasonBadKey:
		return false
	case reasonSourceDenied:
		return in.Source.IsValid()
	}
	return true
}
