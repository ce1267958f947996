package storetest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// postgresServer is started by the first test that needs it.
type postgresServer struct {
	once    sync.Once
	err     error
	dir     string
	process *exec.Cmd
	launch  func() *exec.Cmd

	mu        sync.Mutex
	databases int
}

// database makes an empty database and returns its URL.
func (s *postgresServer) database() (string, error) {
	s.once.Do(func() { s.err = s.start() })
	if s.err != nil {
		return "", s.err
	}
	s.mu.Lock()
	s.databases++
	name := "test" + strconv.Itoa(s.databases)
	s.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, s.url("postgres"))
	if err != nil {
		return "", fmt.Errorf("connect to the test server: %w", err)
	}
	_, err = conn.Exec(ctx, "CREATE DATABASE "+name)
	return s.url(name), errors.Join(err, conn.Close(ctx))
}

func (s *postgresServer) url(database string) string {
	return "postgres:///" + database + "?host=" + s.dir + "&user=waypost"
}

func (s *postgresServer) start() error {
	initdb, err := find("initdb")
	if err != nil {
		return err
	}
	if s.dir, err = os.MkdirTemp("", "waypost-pg"); err != nil {
		return err
	}
	who, err := unprivileged(s.dir)
	if err != nil {
		return err
	}
	data := filepath.Join(s.dir, "data")
	if out, err := command(who, initdb, "-D", data, "-U", "waypost", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync").CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w: %s", err, out)
	}
	s.launch = func() *exec.Cmd {
		return command(who, filepath.Join(filepath.Dir(initdb), "postgres"), append([]string{"-D", data, "-k", s.dir, "-h", ""}, settings()...)...)
	}
	return s.run()
}

// run starts the server on its data.
func (s *postgresServer) run() error {
	s.process = s.launch()
	if err := s.process.Start(); err != nil {
		return fmt.Errorf("start postgres: %w", err)
	}
	return s.await()
}

// restart shuts the server down at once, whatever it is doing, and starts it again.
func (s *postgresServer) restart() error {
	if err := s.process.Process.Signal(syscall.SIGQUIT); err != nil {
		return fmt.Errorf("shut postgres down: %w", err)
	}
	_ = s.process.Wait() // its status is that of a signal
	return s.run()
}

// settings turns fsync off, except where a benchmark asks for the real thing.
func settings() []string {
	list := []string{"-c", "shared_buffers=256MB", "-c", "max_wal_size=4GB", "-c", "log_min_messages=fatal"}
	if os.Getenv("WAYPOST_POSTGRES_FSYNC") != "1" {
		list = append(list, "-c", "fsync=off")
	}
	return list
}

// await returns when the server answers.
func (s *postgresServer) await() error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		conn, err := pgx.Connect(ctx, s.url("postgres"))
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("postgres did not come up: %w", err)
		}
	}
}

// stop ends the server and removes its files.
func (s *postgresServer) stop() {
	if s.process != nil && s.process.Process != nil {
		_ = s.process.Process.Signal(syscall.SIGQUIT) // immediate; nothing is to be kept
		_ = s.process.Wait()
	}
	if s.dir != "" {
		_ = os.RemoveAll(s.dir)
	}
}

// find looks for a program of PostgreSQL: the PATH, then the newest in Debian's place.
func find(program string) (string, error) {
	if path, err := exec.LookPath(program); err == nil {
		return filepath.EvalSymlinks(path)
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/" + program)
	if len(found) == 0 {
		return "", fmt.Errorf("%s is neither on the PATH nor in /usr/lib/postgresql: install PostgreSQL 15 or later", program)
	}
	slices.Sort(found)
	return found[len(found)-1], nil
}

// unprivileged returns the user to run PostgreSQL as, which refuses to run as root,
// and gives that user the directory. nil is the current user.
func unprivileged(dir string) (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, _ := strconv.Atoi(u.Uid)
		gid, _ := strconv.Atoi(u.Gid)
		if err := os.Chown(dir, uid, gid); err != nil {
			return nil, err
		}
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
	}
	return nil, errors.New("running as root, and there is no user postgres or nobody to run PostgreSQL as")
}

func command(who *syscall.Credential, path string, args ...string) *exec.Cmd {
	c := exec.Command(path, args...)
	c.Dir = "/"
	c.Env = append(os.Environ(), "LC_ALL=C", "TZ=UTC")
	c.SysProcAttr = &syscall.SysProcAttr{Credential: who, Pdeathsig: syscall.SIGQUIT}
	return c
}
