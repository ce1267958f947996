package journal

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/go-logr/logr"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

// embeddedMaxPayload is the largest message of the embedded server.
const embeddedMaxPayload = 8 << 20

// embeddedMaxStore is no limit: the disk is the only one. The server's own choice
// is a share of what is free when it starts. Started on a full disk it would
// refuse everything from then on, however much room is made.
const embeddedMaxStore = 1 << 62

// EmbeddedOptions configure the in-process journal. The zero value is usable.
type EmbeddedOptions struct {
	// Listen is a host:port to serve NATS on, for tools; "" opens no port.
	Listen string
	// MaxPayload is the largest message, in bytes; default 8 MiB.
	MaxPayload int32
	// Lazy leaves fsync to the server's timer (2 minutes) instead of syncing each
	// batch before it is acknowledged: for benchmarks only.
	Lazy bool
	// Log takes the server's warnings and errors; the zero value is silent.
	Log logr.Logger
}

// Embedded is a NATS server with JetStream inside this process.
type Embedded struct {
	ns   *server.Server
	dir  string
	lock *os.File
	end  *endFile
	log  *serverLog

	mu      sync.Mutex
	revived time.Time // the last try
}

// StartEmbedded starts a journal in the directory dir (made if need be), which no
// other process may use at the same time. Every batch is synced to disk before it
// is acknowledged, and the file dir.end then names it.
func StartEmbedded(dir string, o EmbeddedOptions) (*Embedded, error) {
	lock, err := lockDirectory(dir)
	if err != nil {
		return nil, fmt.Errorf("open the journal in %s: %w", dir, err)
	}
	e := &Embedded{dir: dir, lock: lock, log: &serverLog{log: o.Log}}
	if e.end, err = openEndFile(filepath.Clean(dir)+".end", o.Log); err == nil {
		e.ns, err = startServer(dir, o, e.log)
	}
	if err != nil {
		_ = errors.Join(e.end.close(), lock.Close()) // the first error is the one to see
		return nil, fmt.Errorf("start the journal in %s: %w", dir, err)
	}
	return e, nil
}

func startServer(dir string, o EmbeddedOptions, log *serverLog) (*server.Server, error) {
	set(&o.MaxPayload, embeddedMaxPayload)
	so := &server.Options{
		ServerName:             "waypost",
		DontListen:             o.Listen == "",
		JetStream:              true,
		StoreDir:               dir,
		JetStreamMaxStore:      embeddedMaxStore,
		SyncAlways:             !o.Lazy,
		MaxPayload:             o.MaxPayload,
		NoSigs:                 true,
		DisableJetStreamBanner: true,
	}
	if o.Listen != "" {
		host, port, err := splitListen(o.Listen)
		if err != nil {
			return nil, err
		}
		so.Host, so.Port = host, port
	}
	ns, err := server.NewServer(so)
	if err != nil {
		return nil, err
	}
	ns.SetLoggerV2(log, false, false, false)
	ns.Start()
	// Recovering a large journal after a crash takes a while: 12 s for 5 million messages.
	if !ns.ReadyForConnections(2 * time.Minute) {
		ns.Shutdown()
		return nil, errors.New("it was not ready within 2 minutes")
	}
	if !ns.JetStreamEnabled() {
		ns.Shutdown()
		return nil, errors.New("JetStream did not start; see the log")
	}
	return ns, nil
}

func splitListen(address string) (string, int, error) {
	host, text, err := net.SplitHostPort(address)
	if err != nil {
		return "", 0, fmt.Errorf("listen address: %w", err)
	}
	port, err := strconv.ParseUint(text, 10, 16)
	if err != nil {
		return "", 0, fmt.Errorf("listen address: %w", err)
	}
	if port == 0 {
		return host, server.RANDOM_PORT, nil
	}
	return host, int(port), nil
}

// lockDirectory takes the directory for this process; two servers on one store
// would destroy it.
func lockDirectory(dir string) (*os.File, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	return lockFile(filepath.Join(dir, "lock"))
}

func lockFile(name string) (*os.File, error) {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("%s is in use by another process: %w", name, err)
	}
	return f, nil
}

// Connect returns a connection through memory.
func (e *Embedded) Connect(o ConnectOptions) (*Conn, error) {
	c, err := connect("", o, nats.InProcessServer(e.ns))
	if err != nil {
		return nil, fmt.Errorf("connect to the embedded journal: %w", err)
	}
	c.revive, c.end = e.revive, e.end
	c.journal.alone, c.caps.alone = true, true
	return c, nil
}

// URL returns where the server listens, "" when it does not.
func (e *Embedded) URL() string {
	if a := e.ns.Addr(); a != nil {
		return "nats://" + a.String()
	}
	return ""
}

// Close stops the server after its files are written.
func (e *Embedded) Close() {
	e.ns.Shutdown()
	e.ns.WaitForShutdown()
	if err := e.end.close(); err != nil {
		e.log.log.Error(err, "close the file with the end of the journal")
	}
	_ = e.lock.Close()
}
