package port

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"testing"
)

// Close closes the connections that are waited on, answers what is there, and ends
// Accept.
func TestCloseEndsAll(t *testing.T) {
	w := start(t, nil)
	clients := make([]*client, 20)
	for i := range clients {
		clients[i] = w.dial(t)
		clients[i].say("a\n")
		clients[i].hears("loop:a")
	}
	for range 2 {
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range clients {
		c.ends()
	}
	if err := <-w.accepted; !errors.Is(err, net.ErrClosed) {
		t.Errorf("Accept: %v", err)
	}
	if conn, err := net.Dial("tcp", w.Addr().String()); err == nil {
		_ = conn.Close()
		t.Error("the port is open")
	}
}

// A request that is there when Close is called is answered.
func TestCloseAnswersWhatIsThere(t *testing.T) {
	busy, release := make(chan struct{}), make(chan struct{})
	w := start(t, func(o *loopOptions) {
		o.Loops = 1
		o.NewAnswer = func() answerFunc {
			return func(answers []byte, conn net.Conn, request []byte) ([]byte, outcome) {
				if bytes.HasPrefix(request, []byte("busy")) {
					close(busy)
					<-release
				}
				return answer(answers, conn, request)
			}
		}
	})
	first, second := w.dial(t), w.dial(t)
	for _, c := range []*client{first, second} {
		c.say("a\n")
		c.hears("loop:a")
	}
	first.say("busy\n")
	<-busy
	second.say("b\n")
	closed := make(chan error)
	go func() { closed <- w.Close() }()
	waitFor(t, "the port to be closed", func() bool {
		conn, err := net.Dial("tcp", w.Addr().String())
		if err == nil {
			_ = conn.Close()
		}
		return err != nil
	})
	<-w.accepted // Close has told everybody
	close(release)
	if err := <-closed; err != nil {
		t.Fatal(err)
	}
	first.hears("loop:busy")
	second.hears("loop:b")
	second.ends()
}

// A connection that comes back after Close is closed.
func TestGivingBackAfterClose(t *testing.T) {
	release := make(chan struct{})
	w := startHeld(t, release)
	c := w.dial(t)
	c.say("give a\n")
	c.hears("owner:give a")
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	close(release)
	c.ends()
}

// startHeld is a world whose owner answers, and gives back when he is told to.
func startHeld(t *testing.T, release chan struct{}) *world {
	t.Helper()
	l, err := Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	e, err := newEventListener(l, options())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	go func() {
		c, err := e.Accept()
		if err != nil {
			return
		}
		r := bufio.NewReaderSize(c, requestBytes)
		line, _ := r.ReadString('\n')
		_, _ = io.WriteString(c, "owner:"+line)
		<-release
		c.(*lent).giveBack(r)
		_ = c.Close()
	}()
	return &world{eventListener: e}
}

// A port that fails ends Accept with its error.
func TestAPortThatFails(t *testing.T) {
	broken := errors.New("broken")
	w := startOn(t, failing{broken}, nil)
	if err := <-w.accepted; !errors.Is(err, broken) {
		t.Errorf("Accept: %v", err)
	}
}

type failing struct{ err error }

func (f failing) Accept() (net.Conn, error) { return nil, f.err }

func (failing) Close() error { return nil }

func (failing) Addr() net.Addr { return &net.TCPAddr{} }
