package port

import (
	"errors"
	"net"
	"os"
	"testing"
	"time"
)

// calls counts the deadlines that reach the connection.
type calls struct {
	net.Conn
	read, write []time.Time
}

func (c *calls) Read([]byte) (int, error)    { return 0, nil }
func (c *calls) Write(b []byte) (int, error) { return len(b), nil }

func (c *calls) SetReadDeadline(t time.Time) error {
	c.read = append(c.read, t)
	return nil
}

func (c *calls) SetWriteDeadline(t time.Time) error {
	c.write = append(c.write, t)
	return nil
}

func TestDeadlineIsSetWhenItMatters(t *testing.T) {
	start := time.Unix(1000, 0)
	after := start.Add
	for _, tc := range []struct {
		name string
		asks []time.Time // a Read and a Write follow each
		want []time.Time
	}{
		{"none", []time.Time{{}, {}}, nil},
		{"the first", []time.Time{start}, []time.Time{start}},
		{"within slack", []time.Time{start, after(time.Second)}, []time.Time{start}},
		{"beyond slack", []time.Time{start, after(time.Second + 1)}, []time.Time{start, after(time.Second + 1)}},
		{"slack does not add up", []time.Time{start, after(time.Second), after(2 * time.Second)}, []time.Time{start, after(2 * time.Second)}},
		{"earlier", []time.Time{start, after(-1)}, []time.Time{start, after(-1)}},
		{"taken back", []time.Time{start, {}}, []time.Time{start, {}}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			inner := &calls{}
			c := &deadlineConn{Conn: inner, slack: time.Second}
			for _, at := range tc.asks {
				if err := errors.Join(c.SetDeadline(time.Time{}), c.SetReadDeadline(at)); err != nil {
					t.Fatal(err)
				}
				_, _ = c.Read(nil)
				if err := c.SetWriteDeadline(at); err != nil {
					t.Fatal(err)
				}
				_, _ = c.Write(nil)
			}
			for side, got := range map[string][]time.Time{"read": inner.read, "write": inner.write} {
				if len(got) != len(tc.want) {
					t.Fatalf("%s deadlines %v, want %v", side, got, tc.want)
				}
				for i := range got {
					if !got[i].Equal(tc.want[i]) {
						t.Errorf("%s deadlines %v, want %v", side, got, tc.want)
					}
				}
			}
		})
	}
}

// What is said before or instead of an answer has not the deadline of the answer
// before, but one of its own.
func TestWritesWithoutADeadline(t *testing.T) {
	inner := &calls{}
	c := &deadlineConn{Conn: inner, slack: time.Second, patience: time.Hour}
	past := time.Unix(1000, 0)
	if err := c.SetWriteDeadline(past); err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	for range 2 {
		_, _ = c.Write(nil) // the answer before, in two parts
	}
	_, _ = c.Read(nil)
	for range 2 {
		_, _ = c.Write(nil)
	}
	if len(inner.write) != 2 || !inner.write[0].Equal(past) || inner.write[1].Before(begin.Add(time.Hour)) {
		t.Errorf("write deadlines %v, want %v and one in an hour", inner.write, past)
	}
}

// A real connection keeps what it was asked for last.
func TestDeadlineEndsARead(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	client, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Close() }()
	conn, err := deadlineListener{l, time.Second, time.Second}.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	for _, at := range []time.Duration{time.Hour, time.Millisecond} {
		if err := conn.SetReadDeadline(time.Now().Add(at)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatalf("Read after the deadline: %v", err)
	}
}
