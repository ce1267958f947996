package main

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// fine is a disk with room.
var fine = disk{free: 1 << 30, files: true}

// TestDisksNameWhatToDo: the directory, the flag, what stands still and the remedy.
func TestDisksNameWhatToDo(t *testing.T) {
	gone := &fs.PathError{Op: "statfs", Path: "/a", Err: fs.ErrNotExist}
	for name, test := range map[string]struct {
		at    disk
		err   error
		later bool
		want  string
	}{
		"room":                {at: fine},
		"full":                {at: disk{files: true}, want: "the directory /a (--data) is on a full disk, 0 KiB are left: nothing works. Give it room, and it goes on by itself"},
		"nearly full":         {at: disk{free: leastRoom - 1, files: true}, want: "is on a full disk, 1023 KiB are left"},
		"just enough":         {at: disk{free: leastRoom, files: true}},
		"no inodes":           {at: disk{free: 1 << 30}, want: "without room for more files: nothing works. Remove files (inodes)"},
		"read-only":           {at: disk{free: 1 << 30, files: true, readOnly: true}, want: "read-only file system: nothing works. Make it writable"},
		"gone":                {err: gone, want: "the directory /a (--data) is gone: nothing works. Restore it and start again"},
		"made when needed":    {err: gone, later: true},
		"not to be looked at": {err: errors.New("permission denied"), want: "cannot be looked at (permission denied): nothing works. Mend that"},
	} {
		d := newDisks(func(dir string) (disk, error) {
			if dir != "/a" {
				return fine, nil
			}
			return test.at, test.err
		}, []place{{dir: "/b", flag: "--other"}}, []place{{dir: "/a", flag: "--data", suffers: "nothing works", later: test.later}})
		if ok, problem := d.ready(); ok != (test.want == "") || !strings.Contains(problem, test.want) {
			t.Errorf("%s: %v %q, want %q", name, ok, problem, test.want)
		}
	}
}

// TestStatDisk: the kernel's own answer.
func TestStatDisk(t *testing.T) {
	dir := t.TempDir()
	if at, err := statDisk(dir); err != nil || at.free == 0 || !at.files || at.readOnly {
		t.Errorf("%+v, %v", at, err)
	}
	if _, err := statDisk(filepath.Join(dir, "gone")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v, want that it is not there", err)
	}
	if at, err := statDisk("/proc/self"); err != nil || at.readOnly {
		t.Errorf("a file system without a limit of files: %+v, %v", at, err)
	}
}

// TestPlaces: each process looks at what it writes to.
func TestPlaces(t *testing.T) {
	flags := func(d *disks) (all string) {
		for _, p := range d.places {
			all += p.flag + "=" + p.dir + " "
		}
		return strings.TrimSpace(all)
	}
	serve := serveFlags{data: "/d"}
	serve.place()
	elsewhere := serveFlags{data: "/d"}
	elsewhere.books.database, elsewhere.public.spool = "postgres://x/y", "/s/spool"
	tracker := trackerFlags{cache: "/c"}
	tracker.public.spool = "/s/spool"
	for _, test := range []struct {
		of   *disks
		want string
	}{
		{serve.disks(), "--data=/d --database=/d --spool=/d"},
		{elsewhere.disks(), "--data=/d --spool=/s"},
		{tracker.disks(), "--spool=/s --cache=/c"},
		{(&trackerFlags{}).disks(), ""},
		{newDisks(nil, databasePlace("sqlite:/l/ledger.db")), "--database=/l"},
	} {
		if got := flags(test.of); got != test.want {
			t.Errorf("%s, want %s", got, test.want)
		}
	}
}

// TestServeOnAFullDisk: serve that starts on one is not ready, and names what to do; its
// links go on. It is ready once there is room.
func TestServeOnAFullDisk(t *testing.T) {
	var room atomic.Bool
	f := serveFlags{config: filepath.Join("..", "..", "config", "samples"), data: t.TempDir(), admin: unused(t)}
	f.public.listen, f.public.eventLoop = unused(t), true
	f.logging = logFlags{level: "error", format: "json"}
	f.statDisk = func(string) (disk, error) {
		if room.Load() {
			return fine, nil
		}
		return disk{files: true}, nil
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- runServe(ctx, f) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Errorf("serve ended with %v", err)
		}
	})
	await := func(path string, status int, texts ...string) {
		t.Helper()
		got, body := 0, ""
		for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
			got, body = fetch(t, "http://"+f.admin+path)
			holds := got == status
			for _, text := range texts {
				holds = holds && strings.Contains(body, text)
			}
			if holds {
				return
			}
		}
		t.Fatalf("GET %s = %d %q, want %d with %q", path, got, body, status, texts)
	}
	await("/readyz/links", http.StatusOK, "ready\nwarning: the directory "+f.data+" (--data) is on a full disk")
	await("/readyz", http.StatusServiceUnavailable, "not ready: the directory "+f.data+" (--data) is on a full disk", "Give it room")
	if status, _ := fetch(t, "http://"+f.public.listen+"/click?offer=1001&partner=2002"); status != http.StatusFound {
		t.Errorf("a click is answered %d", status)
	}
	room.Store(true)
	await("/readyz", http.StatusOK)
	if _, body := fetch(t, "http://"+f.admin+"/readyz"); body != "ready\n" {
		t.Errorf("ready is %q", body)
	}
}

// unused returns an address that nothing listens on.
func unused(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// fetch returns the status, 0 where nothing answers, and the body.
func fetch(t *testing.T, url string) (int, string) {
	t.Helper()
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := client.Get(url)
	if err != nil {
		return 0, err.Error()
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(body)
}

// TestDisksAreNotTheirFiles: a database of one's own working directory.
func TestDisksAreNotTheirFiles(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	if err := os.WriteFile("ledger.db", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if ok, problem := newDisks(nil, databasePlace("ledger.db")).ready(); !ok && !strings.Contains(problem, "full disk") {
		t.Error(problem)
	}
}
