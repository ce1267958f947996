package port

import (
	"bufio"
	"bytes"
	"net"

	"github.com/valyala/fasthttp"
)

// inline answers plain requests in the event loop, with the parser and the handler that
// all others have too. What is not plain is declined, and goes to fasthttp's server,
// which handles all of HTTP.
type inline struct {
	s    *server
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

func newInline(s *server) *inline {
	i := &inline{s: s}
	i.ctx.Init2(&i.from, silent{}, false)
	i.in = bufio.NewReaderSize(nil, s.o.HeaderBytes)
	i.out = bufio.NewWriter(&i.sink)
	return i
}

// answer is an answerFunc for requests that are plain and whole.
func (i *inline) answer(answers []byte, conn net.Conn, request []byte) ([]byte, outcome) {
	ctx := &i.ctx
	if !i.read(request) {
		ctx.Request.Reset()
		return answers, declined
	}
	i.from.Conn = conn
	ctx.Response.Header.SetNoDefaultContentType(true)
	i.s.answer(ctx)
	result := kept
	if ends(ctx) {
		ctx.Response.SetConnectionClose()
		result = answeredLast
	}
	i.sink.answers = answers
	i.write()
	answers, i.sink.answers = i.sink.answers, nil
	ctx.Request.Reset()
	ctx.Response.Reset()
	return answers, result
}

// write cannot fail: it is to memory.
func (i *inline) write() {
	_ = i.ctx.Response.Write(i.out)
	_ = i.out.Flush()
}

var get = []byte("GET ")

// noBody is fasthttp's content length of a request without a word about a body.
const noBody = -2

// read reads a request, and reports whether it is plain: for a path that never waits, by
// GET in HTTP/1.1, with nothing behind its headers. fasthttp's server refuses a URL that
// it cannot parse; here the path is missing then.
func (i *inline) read(request []byte) bool {
	target, ok := bytes.CutPrefix(request, get)
	if !ok {
		return false
	}
	path, _, ok := bytes.Cut(target, []byte{'?'})
	if !ok || !i.s.o.Inline(path) {
		return false
	}
	i.raw.Reset(request)
	i.in.Reset(&i.raw)
	r := &i.ctx.Request
	return r.Header.Read(i.in) == nil && i.in.Buffered() == 0 &&
		r.Header.IsHTTP11() && r.Header.ContentLength() == noBody && !r.MayContinue() &&
		bytes.Equal(r.URI().PathOriginal(), path)
}
