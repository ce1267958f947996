package server

import (
	"bufio"
	"bytes"
	"net"

	"github.com/valyala/fasthttp"

	"github.com/waypost/waypost/tracker/server/eventloop"
)

// inline answers plain clicks and impressions in the event loop, with the parser and
// the handler that all others have too. What is not plain is declined: fasthttp's
// server knows what to do with it.
type inline struct {
	s    *Server
	ctx  fasthttp.RequestCtx
	from borrowed
	raw  bytes.Reader
	in   *bufio.Reader
	out  *bufio.Writer
	sink sink
}

// borrowed is the connection of the moment.
type borrowed struct{ net.Conn }

// sink is where an answer goes.
type sink struct{ answers []byte }

func (s *sink) Write(b []byte) (int, error) {
	s.answers = append(s.answers, b...)
	return len(b), nil
}

// newInline returns an eventloop.Answer.
func (s *Server) newInline() eventloop.Answer {
	i := &inline{s: s}
	i.ctx.Init2(&i.from, silent{}, false)
	i.in = bufio.NewReaderSize(nil, s.limits.HeaderBytes)
	i.out = bufio.NewWriter(&i.sink)
	return i.answer
}

// answer answers a request that is plain and whole.
func (i *inline) answer(answers []byte, conn net.Conn, request []byte) ([]byte, eventloop.Outcome) {
	ctx := &i.ctx
	if !i.read(request) {
		ctx.Request.Reset()
		return answers, eventloop.Declined
	}
	i.from.Conn = conn
	ctx.Response.Header.SetNoDefaultContentType(true)
	i.s.serve(ctx)
	outcome := eventloop.Kept
	if ctx.Request.Header.ConnectionClose() || ctx.Response.ConnectionClose() {
		ctx.Response.SetConnectionClose()
		outcome = eventloop.Last
	}
	i.sink.answers = answers
	i.write()
	answers, i.sink.answers = i.sink.answers, nil
	ctx.Request.Reset()
	ctx.Response.Reset()
	return answers, outcome
}

// write cannot fail: it is to memory.
func (i *inline) write() {
	_ = i.ctx.Response.Write(i.out)
	_ = i.out.Flush()
}

var get = []byte("GET ")

// read reads a request, and reports whether it is plain: a click or an impression, by
// GET in HTTP/1.1, with nothing behind its headers. fasthttp's server refuses a URL
// that it cannot parse; here the path is missing then.
func (i *inline) read(request []byte) bool {
	target, ok := bytes.CutPrefix(request, get)
	if !ok {
		return false
	}
	path, _, ok := bytes.Cut(target, []byte{'?'})
	if !ok || !i.s.routes[string(path)].inline() {
		return false
	}
	i.raw.Reset(request)
	i.in.Reset(&i.raw)
	r := &i.ctx.Request
	return r.Header.Read(i.in) == nil && i.in.Buffered() == 0 &&
		r.Header.IsHTTP11() && r.Header.ContentLength() == noBody && !r.MayContinue() &&
		bytes.Equal(r.URI().PathOriginal(), path)
}

// inline reports whether requests of the route never wait.
func (r *route) inline() bool {
	return r != nil && (r.action == actClick || r.action == actImpression) && r.choose == nil
}

// giveBack returns the connection of an answered request to the event loop, if it
// came from there and stays open.
func (s *Server) giveBack(ctx *fasthttp.RequestCtx) {
	if ctx.Request.Header.ConnectionClose() || ctx.Response.ConnectionClose() {
		return
	}
	if lent := lentBy(ctx.Conn()); lent != nil {
		ctx.Hijack(hijacked)
	}
}

// lentBy is the connection that the event loop has lent, nil if there is none.
func lentBy(conn net.Conn) *eventloop.Lent {
	if d, ok := conn.(*deadlineConn); ok {
		if lent, ok := d.Conn.(*eventloop.Lent); ok && lent.CanGiveBack() {
			return lent
		}
	}
	return nil
}

// hijacked gets the connection when the answer has been written.
func hijacked(conn net.Conn) {
	inner := conn.(interface{ UnsafeConn() net.Conn }).UnsafeConn() // fasthttp's own type
	lentBy(inner).GiveBack(conn)
}
