package port

import (
	"errors"
	"net"
	"os"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// scarce is a listener that fails with each of the errors, then accepts.
type scarce struct {
	net.Listener
	errors []error
}

func (s *scarce) Accept() (net.Conn, error) {
	if len(s.errors) == 0 {
		return &net.TCPConn{}, nil
	}
	err := s.errors[0]
	s.errors = s.errors[1:]
	return nil, &net.OpError{Op: "accept", Net: "tcp", Err: os.NewSyscallError("accept4", err)}
}

// Whoever opens connections until there are no file descriptors left must not end
// the server.
func TestPatientListenersWaitForResources(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &scarce{errors: []error{syscall.EMFILE, syscall.ENFILE, syscall.ENOMEM, syscall.ECONNABORTED}}
		lacked := 0
		l := newPatient(s, func(error) { lacked++ })
		began := time.Now()
		if conn, err := l.Accept(); err != nil || conn == nil {
			t.Fatalf("%v, %v", conn, err)
		}
		if took := time.Since(began); lacked != 4 || took != (5+10+20+40)*time.Millisecond {
			t.Errorf("accepted after %d errors and %s", lacked, took)
		}
		for range 20 {
			s.errors = append(s.errors, syscall.EMFILE)
		}
		began = time.Now()
		if _, err := l.Accept(); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took > 20*time.Second {
			t.Errorf("accepted after %s: the pauses grow beyond a second", took)
		}
	})
}

func TestPatientListenersEnd(t *testing.T) {
	real, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := real.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := newPatient(real, func(error) {}).Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("a closed listener says %v", err)
	}
	s := &scarce{errors: []error{syscall.EINVAL}}
	if _, err := newPatient(s, func(error) {}).Accept(); !errors.Is(err, syscall.EINVAL) {
		t.Errorf("a broken listener says %v", err)
	}
}
