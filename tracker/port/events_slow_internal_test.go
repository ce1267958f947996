package port

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

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
	return start(t, func(o *loopOptions) {
		o.Write = write
		o.NewAnswer = func() answerFunc {
			return func(answers []byte, conn net.Conn, request []byte) ([]byte, outcome) {
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
