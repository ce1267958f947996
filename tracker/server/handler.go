package server

import (
	"bytes"
	"fmt"
	"runtime/debug"

	"github.com/valyala/fasthttp"

	"github.com/waypost/waypost/tracker/live"
	"github.com/waypost/waypost/tracker/server/params"
)

// serve answers one request. A panic in it costs this request only.
func (s *Server) serve(ctx *fasthttp.RequestCtx) {
	v := s.visits.Get().(*visit) // the pool holds nothing else
	defer func() {
		if p := recover(); p != nil {
			// The visit may be half done: it is not used again.
			s.o.Log.Error(fmt.Errorf("panic: %v", p), "answering a request on the public port",
				"path", routePath(ctx), "stack", string(debug.Stack()))
			s.turnAway(ctx, &internalError, "panic")
			return
		}
		v.end()
		s.visits.Put(v)
	}()
	v.begin(ctx)
	v.dispatch()
}

// routePath is the path for a log line: one of ours, never what a visitor wrote.
func routePath(ctx *fasthttp.RequestCtx) string {
	path := string(ctx.Path())
	if _, ours := routes()[path]; ours {
		return path
	}
	return "other"
}

// dispatch finds out who asks for what, and lets the action answer.
func (v *visit) dispatch() {
	s, ctx := v.s, v.ctx
	if away, why := v.screen(); away != nil {
		s.turnAway(ctx, away, why)
		return
	}
	r := s.routes[string(ctx.Path())]
	query := queryOf(ctx)
	if r == nil || r == s.cake && len(query) == 0 {
		s.turnAway(ctx, &notFound, "path")
		return
	}
	v.scan(r, query)
	if ok, list := v.route.allowed(view(ctx.Method())); !ok {
		s.turnAway(ctx, &badMethod, "method")
		ctx.Response.Header.Set("Allow", list)
		return
	}
	if v.route.action == actText {
		v.route.answer.write(ctx)
		return
	}
	if v.configured() {
		v.act()
	}
}

// queryOf is everything behind the ?. What a # begins is no fragment here, which no
// client sends: a link with &#38; in it goes on.
func queryOf(ctx *fasthttp.RequestCtx) []byte {
	if len(ctx.URI().Hash()) == 0 {
		return ctx.URI().QueryString()
	}
	_, query, _ := bytes.Cut(ctx.RequestURI(), []byte{'?'})
	return query
}

// screen turns requests away that are not worth more.
func (v *visit) screen() (*page, string) {
	v.identify()
	switch {
	case !v.s.limiter.Allow(v.client, v.now):
		return &tooMany, "rate"
	case len(v.ctx.Request.Header.RequestURI()) > v.s.limits.URLBytes:
		return &longURL, "url"
	case ambiguous(&v.ctx.Request.Header):
		v.ctx.SetConnectionClose()
		return &malformed, "framing"
	}
	return nil, ""
}

// configured takes the configuration of the moment for the rest of the request.
// Under a host that no network claims everything is unknown, and answered as such:
// a link says why it leads nowhere, and a postback gets its line in the log.
func (v *visit) configured() bool {
	v.index = v.s.o.Snapshots.Current()
	if v.index.Digest == "" {
		v.s.turnAway(v.ctx, &notReady, "no_snapshot")
		return false
	}
	if v.network = v.index.NetworkByHost(view(v.ctx.Host())); v.network == nil {
		v.network = live.Nobody()
	}
	return true
}

// scan reads the query with the route's names, and lets a parameter choose
// another route where there is a choice.
func (v *visit) scan(r *route, query []byte) {
	v.route = r
	if r.names == nil {
		return
	}
	v.params.KeepRaw = r.action == actPostback || r.action == actPixel
	v.params.ScanQuery(r.names, query)
	if chosen := r.choose[view(v.params.Get(params.Action))]; chosen != nil {
		v.route = chosen
	}
}

func (v *visit) act() {
	switch v.route.action {
	case actClick:
		v.serveClick()
	case actImpression:
		v.serveImpression()
	case actPostback:
		v.servePostback()
	default:
		v.servePixel()
	}
}
