package server

import (
	"bytes"
	"net"
	"net/netip"
	"time"

	"github.com/valyala/fasthttp"

	"github.com/waypost/waypost/tracker/live"
	"github.com/waypost/waypost/tracker/server/address"
	"github.com/waypost/waypost/tracker/server/params"
)

// request is one request of whatever kind: its caller, its route and parameters, and the
// configuration that it is answered from. A visit builds on it for clicks and
// impressions, a postbackCheck for postbacks and pixels. It is used again, so what
// outlives the request is copied out of it.
type request struct {
	server *Server
	ctx    *fasthttp.RequestCtx
	route  *route
	now    time.Time // of the arrival; the only clock reading of the request

	// client is the peer, or the visitor that a trusted proxy names.
	client    netip.Addr
	transport transport
	// index and network are set by configured, the last step of admitted. The network is
	// never nil from then on.
	index   *live.Index
	network *live.Network
	params  params.Set

	// cookieBuffer is memory for one cookie, read or written.
	cookieBuffer []byte
}

// transport is how the request came from the visitor.
type transport uint8

const (
	transportUnknown transport = iota // an untrusted proxy may have ended TLS
	transportPlain
	transportTLS
)

var (
	headerForwardedFor   = []byte("X-Forwarded-For")
	headerForwardedProto = []byte("X-Forwarded-Proto")
	protoHTTPS           = []byte("https")
	headerLocation       = []byte("Location")
	headerCache          = []byte("Cache-Control")
	headerReason         = []byte("Waypost-Reason")
	headerSecPurpose     = []byte("Sec-Purpose")
	headerPurpose        = []byte("Purpose")
	headerMoz            = []byte("X-Moz")

	valueNoStore  = []byte("no-store")
	valuePrefetch = []byte("prefetch")
)

// begin takes a request up. What the one before has left is overwritten on the way, or was
// let go by end.
func (r *request) begin(ctx *fasthttp.RequestCtx) {
	r.ctx, r.now = ctx, r.server.options.Now()
}

// end lets go of the request, so that the pool does not keep it alive.
func (r *request) end() {
	r.params.Reset()
	r.ctx, r.route, r.index, r.network = nil, nil, nil, nil
}

// admitted reports whether the route's action is to answer the request. What is turned
// away, and what is a fixed text, has its answer then. The cheap refusals come first, and
// the configuration last.
func (r *request) admitted() bool {
	s := r.server
	if away, why := r.screen(); away != nil {
		s.turnAway(r.ctx, away, why)
		return false
	}
	named, query := s.routes[string(r.ctx.Path())], queryOf(r.ctx)
	if named == nil || named.queried && len(query) == 0 {
		s.turnAway(r.ctx, &notFound, "path")
		return false
	}
	r.scan(named, query)
	if ok, list := r.route.allowed(view(r.ctx.Method())); !ok {
		s.turnAway(r.ctx, &badMethod, "method")
		r.ctx.Response.Header.Set("Allow", list)
		return false
	}
	if r.route.action == actText {
		r.route.answer.write(r.ctx)
		return false
	}
	return r.configured()
}

// screen finds the client, and turns requests away before anything is looked up for them:
// too many from one address (429), too long a URL (414), two lengths of a body (400).
func (r *request) screen() (*page, string) {
	r.identify()
	switch {
	case !r.server.limiter.Allow(r.client, r.now):
		return &tooMany, "rate"
	case len(r.ctx.Request.Header.RequestURI()) > r.server.options.Limits.URLBytes:
		return &longURL, "url"
	case ambiguous(&r.ctx.Request.Header):
		r.ctx.SetConnectionClose()
		return &malformed, "framing"
	}
	return nil, ""
}

// identify finds the visitor's address, and whether the request came over TLS.
func (r *request) identify() {
	tcp, ok := r.ctx.RemoteAddr().(*net.TCPAddr)
	if !ok {
		r.client, r.transport = netip.IPv6Unspecified(), transportUnknown
		return
	}
	r.client = address.PeerOf(tcp.IP)
	r.transport = transportUnknown
	if r.server.options.Proxies.Trusts(r.client) {
		r.behindProxy()
	}
	if r.ctx.IsTLS() {
		r.transport = transportTLS
	}
}

// behindProxy takes address and transport from the headers of a trusted proxy.
func (r *request) behindProxy() {
	h := &r.ctx.Request.Header
	r.client = r.server.options.Proxies.Client(r.client, h.PeekAll(view(headerForwardedFor)))
	switch proto := h.PeekCanonical(headerForwardedProto); {
	case len(proto) == 0:
	case bytes.EqualFold(proto, protoHTTPS):
		r.transport = transportTLS
	default:
		r.transport = transportPlain
	}
}

// queryOf is everything behind the ?. A # begins no fragment here, which no client
// sends: a link with &#38; in it goes on.
func queryOf(ctx *fasthttp.RequestCtx) []byte {
	if len(ctx.URI().Hash()) == 0 {
		return ctx.URI().QueryString()
	}
	_, query, _ := bytes.Cut(ctx.RequestURI(), []byte{'?'})
	return query
}

// scan reads the query with the names of the route that the path names, and takes
// another route where a parameter chooses one.
func (r *request) scan(named *route, query []byte) {
	r.route = named
	if named.names == nil {
		return
	}
	r.params.KeepRaw = named.action == actPostback || named.action == actPixel
	r.params.ScanQuery(named.names, query)
	if chosen := named.choose[view(r.params.Get(params.Action))]; chosen != nil {
		r.route = chosen
	}
}

// configured takes the current configuration for the rest of the request. Under a host
// that no network claims everything is unknown, and answered as such: a link gives its
// reason, and a postback gets its line in the log.
func (r *request) configured() bool {
	r.index = r.server.options.Snapshots.Current()
	if r.index.Digest == "" {
		r.server.turnAway(r.ctx, &notReady, "no_snapshot")
		return false
	}
	if r.network = r.index.NetworkByHost(view(r.ctx.Host())); r.network == nil {
		r.network = live.Unclaimed()
	}
	return true
}

// uncounted reports whether the request is no real visit: a browser fetches ahead
// (Sec-Purpose, and what came before it), or the method is HEAD.
func (r *request) uncounted() bool {
	h := &r.ctx.Request.Header
	return h.IsHead() ||
		bytes.Contains(h.PeekCanonical(headerSecPurpose), valuePrefetch) ||
		bytes.Equal(h.PeekCanonical(headerPurpose), valuePrefetch) ||
		bytes.Equal(h.PeekCanonical(headerMoz), valuePrefetch)
}

// redirect answers with 302, which browsers follow without remembering it.
func (r *request) redirect(location []byte) {
	r.ctx.Response.SetStatusCode(fasthttp.StatusFound)
	h := &r.ctx.Response.Header
	h.SetCanonical(headerLocation, location)
	h.SetCanonical(headerCache, valueNoStore)
}
