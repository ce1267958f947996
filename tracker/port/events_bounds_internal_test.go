package port

import (
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Beyond the bound a connection is told so; those that have ended make room, however
// they ended.
func TestConnectionsAreBounded(t *testing.T) {
	w := start(t, func(o *loopOptions) { o.Connections = 1 })
	for i, end := range []func(*client){
		func(c *client) { _ = c.Close() },
		func(c *client) { _ = c.SetLinger(0); _ = c.Close() }, // a reset
		func(c *client) { c.say("last\n"); c.hears("loop:last"); c.ends() },
		func(c *client) { c.say("give last\n"); c.hears("owner:give last"); c.ends() },
		func(c *client) { c.say("a"); _ = c.Close() },
		func(c *client) { c.say("give b\n"); c.hears("owner:give b"); _ = c.Close() },
	} {
		first := w.dial(t)
		first.say("a\n")
		first.hears("loop:a")
		second := w.dial(t)
		second.say("b\n")
		second.hears("full")
		second.ends()
		end(first)
		waitFor(t, fmt.Sprintf("room after end %d", i), func() bool {
			next := w.dial(t)
			next.say("last\n")
			got, err := next.r.ReadString('\n')
			if err != nil {
				t.Fatal(err)
			}
			next.ends()
			return got == "loop:last\n"
		})
	}
}

// A connection that is not quiet stays.
func TestBusyConnectionsStay(t *testing.T) {
	t.Parallel()
	const idle = 2 * time.Second
	w := start(t, func(o *loopOptions) { o.Idle = idle })
	c := w.dial(t)
	for begin := time.Now(); time.Since(begin) < 2*idle; {
		c.say("a\n")
		c.hears("loop:a")
	}
}

// One that is quiet for long is closed though the others leave the loop no rest.
func TestIdleConnectionsBesideBusyOnes(t *testing.T) {
	w := start(t, func(o *loopOptions) {
		o.Loops, o.Idle = 1, 500*time.Millisecond
		o.NewAnswer = func() answerFunc {
			return func(answers []byte, conn net.Conn, request []byte) ([]byte, outcome) {
				for end := time.Now().Add(20 * time.Microsecond); time.Now().Before(end); {
					// so that all the others have asked again after a round
				}
				return answer(answers, conn, request)
			}
		}
	})
	idle := w.dial(t)
	idle.say("a\n")
	idle.hears("loop:a")
	var stop atomic.Bool
	var busy sync.WaitGroup
	for range 600 {
		c := w.dial(t)
		busy.Go(func() {
			for !stop.Load() {
				if _, err := io.WriteString(c, "a\n"); err != nil {
					return // on a machine that is busy itself it may have been idle
				}
				if _, err := c.r.ReadString('\n'); err != nil {
					return
				}
			}
		})
	}
	idle.ends()
	stop.Store(true)
	busy.Wait()
}

// A connection that is quiet for long is closed.
func TestIdleConnectionsAreClosed(t *testing.T) {
	w := start(t, func(o *loopOptions) { o.Idle = 50 * time.Millisecond })
	c := w.dial(t)
	c.say("a\n")
	c.hears("loop:a")
	c.ends()
}
