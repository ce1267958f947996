package server

import (
	"bytes"
	"net"
	"net/netip"
	"time"

	"github.com/valyala/fasthttp"

	"github.com/waypost/waypost/tracker/journal"
	"github.com/waypost/waypost/tracker/live"
	"github.com/waypost/waypost/tracker/server/address"
	"github.com/waypost/waypost/tracker/server/params"
	"github.com/waypost/waypost/tracker/server/visitor"
)

// transport is what is known of the way from the visitor to us.
type transport uint8

const (
	transportUnknown transport = iota // somebody we do not trust may have ended TLS
	transportPlain
	transportTLS
)

// visit is one request. Visits are used again: whatever outlives the request is
// copied out of them.
type visit struct {
	s     *Server
	ctx   *fasthttp.RequestCtx
	route *route
	now   time.Time

	client    netip.Addr
	transport transport
	index     *live.Index
	network   *live.Network
	params    params.Set

	// Of clicks and impressions: what it is about, and what macros and the journal
	// say of it. Slices alias the request or the buffers below.
	offer      *live.Offer
	partner    *live.Partner
	pair       *pair
	clickID    []byte
	aimpID     []byte
	userAgent  []byte
	referrer   []byte
	country    string
	device     visitor.Device
	ip         []byte
	click      journal.Click
	impression journal.Impression

	idBuffer, ipBuffer, urlBuffer, cookieBuffer, namesBuffer []byte
}

func (v *visit) begin(ctx *fasthttp.RequestCtx) {
	v.ctx, v.now = ctx, v.s.o.Now()
}

// end lets go of the request, so that the pool does not keep it alive.
func (v *visit) end() {
	v.params.Reset()
	v.ctx, v.route, v.index, v.network, v.offer, v.partner, v.pair = nil, nil, nil, nil, nil, nil, nil
	v.clickID, v.aimpID, v.userAgent, v.referrer, v.ip = nil, nil, nil, nil, nil
}

var (
	headerForwardedFor   = []byte("X-Forwarded-For")
	headerForwardedProto = []byte("X-Forwarded-Proto")
	protoHTTPS           = []byte("https")
)

// identify finds the visitor's address and whether he came by TLS.
func (v *visit) identify() {
	tcp, ok := v.ctx.RemoteAddr().(*net.TCPAddr)
	if !ok {
		v.client, v.transport = netip.IPv6Unspecified(), transportUnknown
		return
	}
	v.client = address.PeerOf(tcp.IP)
	v.transport = transportUnknown
	if v.s.o.Proxies.Trusts(v.client) {
		v.behindProxy()
	}
	if v.ctx.IsTLS() {
		v.transport = transportTLS
	}
}

func (v *visit) behindProxy() {
	h := &v.ctx.Request.Header
	v.client = v.s.o.Proxies.Client(v.client, h.PeekAll(view(headerForwardedFor)))
	switch proto := h.PeekCanonical(headerForwardedProto); {
	case len(proto) == 0:
	case bytes.EqualFold(proto, protoHTTPS):
		v.transport = transportTLS
	default:
		v.transport = transportPlain
	}
}

// describe fills in what the request says about its visitor.
func (v *visit) describe() {
	h := &v.ctx.Request.Header
	v.userAgent = clip(h.UserAgent(), maxUserAgent)
	v.referrer = clip(h.Referer(), maxReferrer)
	v.device = v.s.devices.Of(v.userAgent)
	v.country = v.s.o.Countries.Of(v.client)
	v.ipBuffer = v.client.AppendTo(v.ipBuffer[:0])
	v.ip = v.ipBuffer
}

// traffic fills in what an event says of the visit, in memory of the visit.
func (v *visit) traffic(t *journal.Traffic, id []byte) {
	t.ID, t.At, t.Context, t.Config = view(id), v.now.UnixMicro(), v.pair.context, v.index.Digest
	t.SubOverflow = v.params.Overflow
	t.Source = text(v.params.Get(params.Source))
	t.Ref = text(v.params.Get(params.Ref))
	t.ImpID = text(v.params.Get(params.ImpID))
	t.IP, t.UserAgent, t.Referrer = view(v.ip), text(v.userAgent), text(v.referrer)
	t.Country, t.Device, t.OS = v.country, v.device.Kind, v.device.OS
	for i := range t.Subs {
		t.Subs[i] = text(v.params.Get(params.Sub1 + params.Param(i)))
	}
}
