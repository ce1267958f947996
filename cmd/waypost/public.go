package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/spf13/pflag"
	"go.opentelemetry.io/otel/trace"

	"github.com/waypost/waypost/api/seal"
	"github.com/waypost/waypost/tracker/journal"
	"github.com/waypost/waypost/tracker/live"
	"github.com/waypost/waypost/tracker/port"
	"github.com/waypost/waypost/tracker/server"
	"github.com/waypost/waypost/tracker/server/address"
	"github.com/waypost/waypost/tracker/server/visitor"
)

// publicFlags are the public port's, of serve and tracker alike.
type publicFlags struct {
	listen  string
	proxies []string
	geoip   string
	spool   string
	rate    int
	perPeer int
	drain   time.Duration
	// eventLoop answers plain requests in an event loop; else fasthttp serves alone.
	eventLoop bool
}

// addFlags adds the flags of the public port. The defaults suit a port that is reached
// directly: no proxy is trusted, so X-Forwarded-For counts nowhere, and no rate is
// limited, because the address of a balancer would then limit all visitors.
func (f *publicFlags) addFlags(flags *pflag.FlagSet) {
	flags.StringVar(&f.listen, "listen", ":8080", "public port: clicks, impressions, postbacks, pixels")
	flags.StringSliceVar(&f.proxies, "trusted-proxies", nil, "addresses or CIDRs whose X-Forwarded-For counts")
	flags.StringVar(&f.geoip, "geoip-database", "", "MaxMind DB file with countries; without it no event has a country")
	flags.StringVar(&f.spool, "spool", "", "file for events that the journal does not take and memory does not hold; a tracker without one drops and counts them, serve has one in --data")
	flags.IntVar(&f.rate, "rate-limit", 0, "requests a second that one address may make on average, beyond that 429; 0 is no limit")
	flags.IntVar(&f.perPeer, "connections-per-address", 0, "connections that one address other than a trusted proxy may hold open; 0 is half of all")
	flags.DurationVar(&f.drain, "drain-delay", 0, "how long to go on serving after SIGTERM, while load balancers take notice")
	flags.BoolVar(&f.eventLoop, "event-loop", true, "answer clicks and impressions in an event loop; false serves all requests by fasthttp alone, at about two thirds of the rate")
}

// publicParts are what the public port works with, and what its process has opened for
// it. They outlive it.
type publicParts struct {
	keysDir string // of keys, watched for rotations
	keys    *seal.Keyring
	holder  *live.Holder
	conn    *journal.Conn
	name    string // in the batches of the journal
	metrics prometheus.Registerer
	tracer  trace.Tracer
	log     logr.Logger
}

// public is a tracker without its source of snapshots: the port, the writer
// behind it, and what keeps them current. It is used in the order newPublic, serve
// beside tasks, flush: the front of stages.
type public struct {
	server    *server.Server
	writer    *journal.Writer
	caps      *journal.Caps
	countries *visitor.Countries
	parts     publicParts
	listener  net.Listener
}

// newPublic makes the server and opens its port, the last of what may fail. Nothing is
// answered before serve; until then the kernel holds connections that arrive.
func newPublic(ctx context.Context, f publicFlags, parts publicParts) (*public, error) {
	proxies, err := address.ParseProxies(f.proxies)
	if err != nil {
		return nil, fmt.Errorf("--trusted-proxies: %w", err)
	}
	countries, err := visitor.OpenCountries(f.geoip)
	if err != nil {
		return nil, fmt.Errorf("--geoip-database: %w", err)
	}
	writer, err := journal.NewWriter(parts.conn, journal.WriterOptions{
		Name: parts.name, Spool: f.spool, Metrics: journal.NewWriterMetrics(parts.metrics), Log: parts.log.WithName("journal"),
	})
	if err != nil {
		return nil, err
	}
	caps := &journal.Caps{}
	s, err := server.New(server.Options{
		Snapshots: parts.holder, Journal: writer, Caps: caps, Keys: parts.keys, Proxies: proxies, Countries: countries,
		Limits: f.limits(connectionLimit()), Plain: !f.eventLoop,
		Metrics: parts.metrics, Tracer: parts.tracer, Log: parts.log.WithName("public"),
	})
	if err != nil {
		return nil, err
	}
	open := port.Listen
	if !f.eventLoop {
		open = port.ListenPlain
	}
	listener, err := open(ctx, f.listen)
	if err != nil {
		return nil, fmt.Errorf("opening the public port (--listen): %w", err)
	}
	return &public{server: s, writer: writer, caps: caps, countries: countries, parts: parts, listener: listener}, nil
}

// limits returns those of the public port, which may hold so many connections. Unless
// --connections-per-address is given, one address gets half of them, so that it cannot
// lock out all others. A trusted proxy stands for many visitors and is not bounded so.
func (f *publicFlags) limits(connections int) server.Limits {
	return server.Limits{
		Rate: address.Rate{PerSecond: f.rate}, Drain: f.drain,
		Connections: connections, ConnectionsPerPeer: cmp.Or(f.perPeer, max(1, connections/2)),
	}
}

// serve answers until ctx ends, and finishes what is in flight.
func (p *public) serve(ctx context.Context) error { return p.server.Serve(ctx, p.listener) }

// flush returns when everything that was answered is in the journal, or in the spool.
func (p *public) flush(ctx context.Context) error { return p.writer.Close(ctx) }

// tasks keep the caps, the keys and the countries current.
func (p *public) tasks() []task {
	return []task{p.watchCaps, p.watchKeys, p.watchCountries}
}

// watchCaps follows the caps on clicks and impressions that the ledger has closed. They
// arrive about a second late, so such a cap is overshot by that much traffic; all other
// caps are exact, and judged by the ledger (docs/decisions/0015).
func (p *public) watchCaps(ctx context.Context) error {
	err := p.parts.conn.WatchCaps(ctx, p.caps)
	if ctx.Err() != nil || errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// watchKeys takes up a rotated ring without a restart. A file that cannot be read keeps
// the last good ring in use: ids go on being made and opened.
func (p *public) watchKeys(ctx context.Context) error {
	w := seal.Watcher{
		Dir:      p.parts.keysDir,
		OnChange: p.server.SetKeyring,
		OnError:  func(err error) { p.parts.log.Error(err, "reading the sealing keys; the last good ones stay in use") },
	}
	return w.Run(ctx)
}

// watchCountries looks for a newer database once a minute. An updater replaces the file
// under the same name, so nothing has to be restarted for it.
func (p *public) watchCountries(ctx context.Context) error {
	tick := time.NewTicker(time.Minute)
	defer tick.Stop()
	p.countries.Watch(ctx, tick.C, func(err error) {
		p.parts.log.Error(err, "reading the geo database; the last good one stays in use")
	})
	return nil
}
