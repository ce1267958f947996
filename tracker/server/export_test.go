package server

import (
	"net"

	"github.com/waypost/waypost/tracker/server/eventloop"
)

// NewInline makes what answers in the event loop.
func (s *Server) NewInline() eventloop.Answer { return s.newInline() }

// ServeConn answers on one connection with fasthttp's server.
func (s *Server) ServeConn(c net.Conn) error { return s.http.ServeConn(c) }
