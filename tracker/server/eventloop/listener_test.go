package eventloop_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/sys/unix"

	"github.com/waypost/waypost/tracker/server/address"
	"github.com/waypost/waypost/tracker/server/eventloop"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// The requests of these tests are lines. An answer is the request with "loop:" before
// it, or "owner:" where the connection was given out.
const requestBytes = 64

// answer leaves lines that begin with "give" and what is not one line to others.
func answer(answers []byte, _ net.Conn, request []byte) ([]byte, eventloop.Outcome) {
	if bytes.IndexByte(request, '\n') != len(request)-1 || bytes.HasPrefix(request, []byte("give")) {
		return answers, eventloop.Declined
	}
	answers = append(append(answers, "loop:"...), request...)
	if bytes.HasPrefix(request, []byte("last")) {
		return answers, eventloop.Last
	}
	return answers, eventloop.Kept
}

// world is a Listener, and an owner of what it gives out who answers as it would.
type world struct {
	*eventloop.Listener
	given    atomic.Int64 // how many connections have been given out
	accepted chan error   // why Accept has ended
}

func options() eventloop.Options {
	return eventloop.Options{
		NewAnswer:    func() eventloop.Answer { return answer },
		Full:         func() []byte { return []byte("full\n") },
		Loops:        2,
		RequestBytes: requestBytes,
		Connections:  1000,
		Idle:         time.Hour,
		Write:        time.Minute,
	}
}

func start(t *testing.T, change func(*eventloop.Options)) *world {
	t.Helper()
	l, err := address.Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return startOn(t, l, change)
}

func startOn(t *testing.T, l net.Listener, change func(*eventloop.Options)) *world {
	t.Helper()
	o := options()
	if change != nil {
		change(&o)
	}
	e, err := eventloop.New(l, o)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{Listener: e, accepted: make(chan error, 1)}
	go w.own()
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Errorf("closing: %v", err)
		}
	})
	return w
}

func (w *world) own() {
	for {
		c, err := w.Accept()
		if err != nil {
			w.accepted <- err
			return
		}
		w.given.Add(1)
		go serve(c)
	}
}

// serve answers one request, through a buffer that may read ahead, and gives the
// connection back.
func serve(c net.Conn) {
	defer func() { _ = c.Close() }()
	r := bufio.NewReaderSize(c, requestBytes)
	line, err := r.ReadString('\n')
	if err != nil {
		return
	}
	if _, err := io.WriteString(c, "owner:"+line); err != nil {
		return
	}
	if line == "give past\n" {
		_ = c.SetDeadline(time.Now())
	}
	if lent := c.(*eventloop.Lent); lent.CanGiveBack() && !strings.HasPrefix(line, "give last") {
		lent.GiveBack(r)
	}
}

// client is a client of the world.
type client struct {
	*net.TCPConn
	t *testing.T
	r *bufio.Reader
}

func (w *world) dial(t *testing.T) *client {
	t.Helper()
	conn, err := net.Dial("tcp", w.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return &client{conn.(*net.TCPConn), t, bufio.NewReader(conn)}
}

func (c *client) say(said string) {
	c.t.Helper()
	if _, err := io.WriteString(c, said); err != nil {
		c.t.Fatal(err)
	}
}

func (c *client) hears(lines ...string) {
	c.t.Helper()
	for _, want := range lines {
		if got, err := c.r.ReadString('\n'); got != want+"\n" || err != nil {
			c.t.Fatalf("heard %q, %v; want %q", got, err, want)
		}
	}
}

func (c *client) ends() {
	c.t.Helper()
	if rest, err := c.r.ReadString('\n'); err != io.EOF {
		c.t.Fatalf("heard %q, %v; want the end", rest, err)
	}
}

// Whatever goes before, each request gets one answer, from whom it concerns.
func TestRequestsAreAnswered(t *testing.T) {
	for _, tc := range []struct {
		name  string
		said  []string // each is said when the one before has been answered
		heard []string
		given int64
		ends  bool
	}{
		{name: "plain ones", said: []string{"a\n", "b\n", "c\n"}, heard: []string{"loop:a", "loop:b", "loop:c"}},
		{name: "the last one", said: []string{"a\n", "last\n"}, heard: []string{"loop:a", "loop:last"}, ends: true},
		{name: "the first is the last", said: []string{"last\n"}, heard: []string{"loop:last"}, ends: true},
		{
			name: "one that is given out, between others", given: 1,
			said: []string{"a\n", "give b\n", "c\n", "d\n"}, heard: []string{"loop:a", "owner:give b", "loop:c", "loop:d"},
		},
		{
			name: "several that are given out", given: 3,
			said: []string{"give a\n", "give b\n", "c\n", "give d\n"}, heard: []string{"owner:give a", "owner:give b", "loop:c", "owner:give d"},
		},
		{
			name: "one that ends with its owner", given: 1, ends: true,
			said: []string{"a\n", "give last\n"}, heard: []string{"loop:a", "owner:give last"},
		},
		{
			name: "two at once", given: 2, // the second when the first has been answered
			said: []string{"a\nb\n", "c\n"}, heard: []string{"owner:a", "owner:b", "loop:c"},
		},
		{
			name: "longer than the loop reads", given: 1,
			said: []string{strings.Repeat("x", 2*requestBytes) + "\n"}, heard: []string{"owner:" + strings.Repeat("x", 2*requestBytes)},
		},
		{
			name: "as long as the loop reads", given: 1,
			said: []string{"a\n", strings.Repeat("x", requestBytes-1) + "\n", "b\n"}, heard: []string{"loop:a", "owner:" + strings.Repeat("x", requestBytes-1), "loop:b"},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := start(t, nil)
			c := w.dial(t)
			heard := tc.heard
			for _, said := range tc.said {
				c.say(said)
				n := strings.Count(said, "\n")
				c.hears(heard[:n]...)
				heard = heard[n:]
			}
			if tc.ends {
				c.ends()
			}
			if got := w.given.Load(); got != tc.given {
				t.Errorf("%d times given out, want %d", got, tc.given)
			}
		})
	}
}

// A request that comes in pieces is waited for by whom the connection is given to,
// after which the loop has it again, though Go's poller has had it meanwhile.
func TestRequestsInPieces(t *testing.T) {
	w := start(t, nil)
	c := w.dial(t)
	for i := range 3 {
		before := w.given.Load()
		c.say("a")
		waitFor(t, "the connection to be given out", func() bool { return w.given.Load() == before+1 })
		c.say("b\n")
		c.hears("owner:ab")
		c.say(fmt.Sprintf("whole %d\n", i))
		c.hears(fmt.Sprintf("loop:whole %d", i))
	}
}

// A client that says nothing more is answered, and then the connection ends.
func TestRequestWithAnEnd(t *testing.T) {
	w := start(t, nil)
	c := w.dial(t)
	c.say("a\n")
	c.hears("loop:a")
	c.say("b\n")
	if err := c.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	got, err := c.r.ReadString('\n')
	if _, said, ok := strings.Cut(got, ":"); !ok || said != "b\n" || err != nil {
		t.Fatalf("heard %q, %v", got, err)
	}
	c.ends()
}

// much is more than the kernel keeps for a peer that does not read, and no two parts
// of it are alike.
var much = func() []byte {
	var b []byte
	for i := range 4 << 20 {
		b = fmt.Appendf(b, "%07d ", i)
	}
	return b
}()

// startMuch is a world that answers with much behind each request; taken tells when it
// has read one.
func startMuch(t *testing.T, write time.Duration) (w *world, taken chan struct{}) {
	t.Helper()
	taken = make(chan struct{}, 100)
	return start(t, func(o *eventloop.Options) {
		o.Write = write
		o.NewAnswer = func() eventloop.Answer {
			return func(answers []byte, conn net.Conn, request []byte) ([]byte, eventloop.Outcome) {
				taken <- struct{}{}
				answers, outcome := answer(answers, conn, request)
				return append(append(answers, much...), '\n'), outcome
			}
		}
	}), taken
}

// A client that does not read gets all its answers, in order, when it does.
func TestClientsThatDoNotRead(t *testing.T) {
	w, taken := startMuch(t, time.Minute)
	c := w.dial(t)
	c.say("a\n")
	<-taken
	c.say("give b\n")
	heard, err := io.ReadAll(io.LimitReader(c.r, int64(len("loop:a\n")+len(much)+1)))
	if want := append(append([]byte("loop:a\n"), much...), '\n'); err != nil || !bytes.Equal(heard, want) {
		t.Fatalf("heard %d bytes, %v; want the %d of the answer", len(heard), err, len(want))
	}
	c.hears("owner:give b")
}

// The last answer to a client that does not read gets there too, and then the end.
func TestTheLastAnswerThatDoesNotFit(t *testing.T) {
	w, _ := startMuch(t, time.Minute)
	c := w.dial(t)
	c.say("last\n")
	heard, err := io.ReadAll(c.r)
	if want := append(append([]byte("loop:last\n"), much...), '\n'); err != nil || !bytes.Equal(heard, want) {
		t.Errorf("heard %d bytes, %v; want the %d of the answer", len(heard), err, len(want))
	}
}

// Who does not take his answer is let go.
func TestClientsThatNeverRead(t *testing.T) {
	w, taken := startMuch(t, 10*time.Millisecond)
	c := w.dial(t)
	c.say("a\n")
	<-taken
	waitFor(t, "the connection to be closed", func() bool {
		_, err := io.WriteString(c, "x")
		return errors.Is(err, unix.EPIPE) || errors.Is(err, unix.ECONNRESET)
	})
}

// Deadlines of the owner end with what he has answered.
func TestDeadlinesOfTheOwner(t *testing.T) {
	w := start(t, nil)
	c := w.dial(t)
	for _, said := range []string{"give past", "a", "give b", "c"} {
		c.say(said + "\n")
		who := "loop:"
		if strings.HasPrefix(said, "give") {
			who = "owner:"
		}
		c.hears(who + said)
	}
}

// What is urgent ends a read early (tcp(7)); the request behind it is answered too.
func TestRequestsBehindUrgentData(t *testing.T) {
	w := start(t, nil)
	c := w.dial(t)
	raw, err := c.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	send := func(said string, flags int) {
		var failed error
		err := raw.Control(func(fd uintptr) { failed = unix.Sendto(int(fd), []byte(said), flags, nil) })
		if err = errors.Join(err, failed); err != nil {
			t.Fatal(err)
		}
	}
	for range 50 {
		send("a\n", 0)
		send("x", unix.MSG_OOB)
		send("b\n", 0)
		for _, want := range []string{"a\n", "b\n"} {
			got, err := c.r.ReadString('\n')
			if _, said, _ := strings.Cut(got, ":"); said != want || err != nil {
				t.Fatalf("heard %q, %v; want the answer to %q", got, err, want)
			}
		}
	}
}

// Beyond the bound a connection is told so; those that have ended make room, however
// they ended.
func TestConnectionsAreBounded(t *testing.T) {
	w := start(t, func(o *eventloop.Options) { o.Connections = 1 })
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
	w := start(t, func(o *eventloop.Options) { o.Idle = idle })
	c := w.dial(t)
	for begin := time.Now(); time.Since(begin) < 2*idle; {
		c.say("a\n")
		c.hears("loop:a")
	}
}

// One that is quiet for long is closed though the others leave the loop no rest.
func TestIdleConnectionsBesideBusyOnes(t *testing.T) {
	w := start(t, func(o *eventloop.Options) {
		o.Loops, o.Idle = 1, 500*time.Millisecond
		o.NewAnswer = func() eventloop.Answer {
			return func(answers []byte, conn net.Conn, request []byte) ([]byte, eventloop.Outcome) {
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
	w := start(t, func(o *eventloop.Options) { o.Idle = 50 * time.Millisecond })
	c := w.dial(t)
	c.say("a\n")
	c.hears("loop:a")
	c.ends()
}

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
	w := start(t, func(o *eventloop.Options) {
		o.Loops = 1
		o.NewAnswer = func() eventloop.Answer {
			return func(answers []byte, conn net.Conn, request []byte) ([]byte, eventloop.Outcome) {
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
	l, err := address.Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	e, err := eventloop.New(l, options())
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
		c.(*eventloop.Lent).GiveBack(r)
		_ = c.Close()
	}()
	return &world{Listener: e}
}

// Connections that cannot be watched are given out, and closed by whom they are given to.
func TestOtherConnectionsAreGivenOut(t *testing.T) {
	plain, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := startOn(t, plain, nil)
	c := w.dial(t)
	c.say("a\n")
	c.hears("owner:a")
	c.ends()
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
func (failing) Close() error                { return nil }
func (failing) Addr() net.Addr              { return &net.TCPAddr{} }

// waitFor waits for a condition.
func waitFor(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !holds(); {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}
