package journal

import (
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"github.com/go-logr/logr"
	"github.com/nats-io/nats-server/v2/server"
)

// reviveInterval keeps a disk that stays full from being hammered.
const reviveInterval = 5 * time.Second

// revive starts JetStream again inside the server if it has stopped itself or is
// broken: after one failed write (a full disk) it refuses everything until then,
// even when there is room again. It returns why it was broken, if the server told.
func (e *Embedded) revive() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	var why error
	if broken := e.log.broken.Load(); broken != nil {
		why = errors.New(*broken)
	}
	enabled := e.ns.JetStreamEnabled()
	if !e.ns.Running() || enabled && why == nil || time.Since(e.revived) < reviveInterval {
		return why
	}
	e.revived = time.Now()
	e.log.broken.Store(nil)
	if enabled {
		if err := e.ns.ShutdownJetStream(); err != nil {
			e.log.log.Error(err, "stop the embedded journal to start it again")
		}
	}
	if err := e.ns.EnableJetStream(&server.JetStreamConfig{StoreDir: e.dir, MaxStore: embeddedMaxStore}); err != nil {
		e.log.log.Error(err, "start the embedded journal again")
		return errors.Join(why, err)
	}
	e.log.log.Info("started the embedded journal again")
	return why
}

// serverLog gives the server's warnings and errors to logr; its notices, a page at
// each start, only to the verbose log.
type serverLog struct {
	log logr.Logger
	// broken is what the server logged when its store took no more writes. It does not
	// answer the writer then, and has no other way to ask.
	broken atomic.Pointer[string]
}

func (l *serverLog) Errorf(f string, a ...any) {
	text := fmt.Sprintf(f, a...)
	if strings.Contains(strings.ToLower(text), "critical write error") {
		l.broken.Store(&text)
	}
	l.log.Error(nil, text)
}

func (l *serverLog) Noticef(f string, a ...any) { l.log.V(1).Info(fmt.Sprintf(f, a...)) }
func (l *serverLog) Warnf(f string, a ...any)   { l.log.Info(fmt.Sprintf(f, a...)) }
func (l *serverLog) Fatalf(f string, a ...any)  { l.log.Error(nil, fmt.Sprintf(f, a...)) }
func (l *serverLog) Debugf(string, ...any)      {}
func (l *serverLog) Tracef(string, ...any)      {}
