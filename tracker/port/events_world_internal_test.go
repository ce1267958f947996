package port

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	// fasthttp keeps one goroutine for the Date header for good.
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.updateServerDate.func1"))
}

// The requests of these tests are lines. An answer is the request with "loop:" before
// it, or "owner:" where the connection was given out.
const requestBytes = 64

// answer leaves lines that begin with "give" and what is not one line to others.
func answer(answers []byte, _ net.Conn, request []byte) ([]byte, outcome) {
	if bytes.IndexByte(request, '\n') != len(request)-1 || bytes.HasPrefix(request, []byte("give")) {
		return answers, declined
	}
	answers = append(append(answers, "loop:"...), request...)
	if bytes.HasPrefix(request, []byte("last")) {
		return answers, answeredLast
	}
	return answers, kept
}

// world is a Listener, and an owner of what it gives out who answers as it would.
type world struct {
	*eventListener
	given    atomic.Int64 // how many connections have been given out
	accepted chan error   // why Accept has ended
}

func options() loopOptions {
	return loopOptions{
		NewAnswer:    func() answerFunc { return answer },
		Full:         func() []byte { return []byte("full\n") },
		Loops:        2,
		RequestBytes: requestBytes,
		Connections:  1000,
		Idle:         time.Hour,
		Write:        time.Minute,
	}
}

func start(t *testing.T, change func(*loopOptions)) *world {
	t.Helper()
	l, err := Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return startOn(t, l, change)
}

func startOn(t *testing.T, l net.Listener, change func(*loopOptions)) *world {
	t.Helper()
	o := options()
	if change != nil {
		change(&o)
	}
	e, err := newEventListener(l, o)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{eventListener: e, accepted: make(chan error, 1)}
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
	if lent := c.(*lent); lent.canGiveBack() && !strings.HasPrefix(line, "give last") {
		lent.giveBack(r)
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

// waitFor waits for a condition.
func waitFor(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !holds(); {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}
