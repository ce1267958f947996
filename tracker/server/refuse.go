package server

import (
	"bytes"
	"errors"
	"net"
	"strings"

	"github.com/valyala/fasthttp"
)

// turnAway answers with a page in place of whatever was answered so far, and counts why.
// The connection closes if it was about to.
func (s *Server) turnAway(ctx *fasthttp.RequestCtx, p *page, why string) {
	closing := ctx.Response.ConnectionClose()
	ctx.Response.Reset()
	p.write(ctx)
	if closing {
		ctx.SetConnectionClose()
	}
	s.metrics.turnedAway.WithLabelValues(why).Inc()
}

// crowded is the answer to a connection beyond Limits.Connections, as bytes: no request is
// read from it.
func (s *Server) crowded() []byte {
	var ctx fasthttp.RequestCtx
	ctx.SetConnectionClose()
	s.turnAway(&ctx, &crowded, "connections")
	var b bytes.Buffer
	_, _ = ctx.Response.WriteTo(&b) // to memory
	return b.Bytes()
}

// refuseMalformed answers what fasthttp could not read; the connection is closed
// afterwards.
func (s *Server) refuseMalformed(ctx *fasthttp.RequestCtx, err error) {
	var small *fasthttp.ErrSmallBuffer
	var timeout net.Error
	switch {
	case errors.As(err, &small) && urlFillsBuffer(err):
		s.turnAway(ctx, &longURL, "url")
	case errors.As(err, &small):
		s.turnAway(ctx, &largeHeader, "headers")
	case errors.Is(err, fasthttp.ErrBodyTooLarge):
		s.turnAway(ctx, &largeBody, "body")
	case errors.As(err, &timeout) && timeout.Timeout():
		s.turnAway(ctx, &slowRequest, "slow")
	default:
		s.turnAway(ctx, &malformed, "malformed")
	}
}

// urlFillsBuffer reports whether the URL is too long rather than the headers. fasthttp
// quotes the first and the last 200 bytes of what it read; where no line ends in them, the
// request line goes on and on.
func urlFillsBuffer(err error) bool { return !strings.Contains(err.Error(), `\n`) }

// noBody is fasthttp's content length of a request without any header about a body.
const noBody = -2

var (
	lengthHeader   = []byte("content-length:")
	encodingHeader = []byte("transfer-encoding:")
)

// ambiguous reports whether the request has two lengths, by Transfer-Encoding and by
// Content-Length. A proxy on the way may have believed the other one (RFC 9112, section
// 6.1), so nothing of the request counts.
func ambiguous(h *fasthttp.RequestHeader) bool {
	if h.ContentLength() == noBody {
		return false
	}
	length, encoding := false, false
	for line := range bytes.Lines(h.RawHeaders()) {
		length = length || hasPrefixFold(line, lengthHeader)
		encoding = encoding || hasPrefixFold(line, encodingHeader)
	}
	return length && encoding
}

// hasPrefixFold is bytes.HasPrefix ignoring case.
func hasPrefixFold(line, prefix []byte) bool {
	return len(line) >= len(prefix) && bytes.EqualFold(line[:len(prefix)], prefix)
}
