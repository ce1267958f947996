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

// Rechecker checks recorded postbacks again, under another configuration. Not safe
// for concurrent use.
type Rechecker struct {
	server Server
	index  *live.Index
	names  *params.Table
}

// NewRechecker returns a Rechecker for a configuration.
func NewRechecker(index *live.Index) *Rechecker {
	c := &Rechecker{index: index, names: params.Postbacks()}
	c.server.decided.Store(newDecisions(index))
	return c
}

// Check is the entry that the tracker would write under this configuration; false
// if the configuration lacks the network, the offer or the partner. What the log
// does not keep counts as it did then: keys, and whether a pixel came sealed.
func (c *Rechecker) Check(in *Recorded) (*journal.Postback, bool) {
	network := c.index.NetworkByName(in.Network)
	if network == nil {
		return nil, false
	}
	offer, partner := network.OfferByName(in.Offer), network.PartnerByName(in.Partner)
	if offer == nil || partner == nil {
		return nil, false
	}
	r := &postbackCheck{
		request: &request{server: &c.server, index: c.index, network: network, now: in.At, client: in.Source, route: &route{names: c.names}},
		entry: &journal.Postback{
			At: in.At.UnixMicro(), Network: in.Network, Config: c.index.Digest, Via: in.Via,
			ClickID: in.ClickID, AimpID: in.AimpID, SessionAt: in.SessionAt,
		},
		parties: partiesOf(network, offer, partner), noSession: in.ClickID == "" && in.AimpID == "",
	}
	c.scan(r, in)
	r.fill()
	for _, check := range checks {
		if !r.recheck(check.reason, check.passes, in) {
			r.entry.Reason = check.reason
			break
		}
	}
	r.locate()
	r.entry.KeyProven = keyRequired(network, r.parties)
	r.entry.Terms = r.terms()
	return r.entry, true
}

// scan reads the parameters as they came.
func (c *Rechecker) scan(r *postbackCheck, in *Recorded) {
	r.request.params.KeepRaw = true
	for _, p := range in.Params {
		r.request.params.Add(c.names, p.Name, p.Value)
	}
	if len(r.request.params.Get(params.Encrypted)) > 0 && in.Via != journal.ViaServer && in.Reason != reasonEncryptionRequired {
		r.pixel = pixelTarget{named: true, offer: r.offer, sealed: true, goal: in.Goal}
	}
}

// recheck runs one of the checks, or repeats what it found then where that cannot
// be checked again.
func (r *postbackCheck) recheck(reason string, passes func(*postbackCheck) bool, in *Recorded) bool {
	switch reason {
	case reasonBadRequest, reasonMissingClickID, reasonBadClickID, reasonBadKey:
		return in.Reason != reason
	case reasonSourceDenied:
		if !in.Source.IsValid() {
			return in.Reason != reason
		}
	}
	return passes(r)
}
