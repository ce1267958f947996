package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/waypost/waypost/hack/bench/load"
	"github.com/waypost/waypost/hack/bench/steady"
)

func TestStrayed(t *testing.T) {
	pace := func(typical, mean time.Duration) steady.Pace { return steady.Pace{Typical: typical, Mean: mean} }
	then := []steady.Pace{pace(10, 14), pace(20, 20)}
	for _, c := range []struct {
		name string
		now  []steady.Pace
		want float64
	}{
		{"the same pace", []steady.Pace{pace(10, 10), pace(20, 20)}, 1},
		{"the first is slower", []steady.Pace{pace(10, 15), pace(20, 22)}, 1.5},
		{"the second is faster", []steady.Pace{pace(10, 11), pace(10, 10)}, 2},
		{"nothing is known", []steady.Pace{{}, {}}, 1},
		{"nothing is watched", nil, 1},
	} {
		if got := strayed(c.now, then); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

// pacedAt is load on a server that redirects, and refuses each tenth request.
func pacedAt(t *testing.T, watched cores, then []steady.Pace) paced {
	n := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		n++
		w.Header().Set("Content-Length", "0")
		w.WriteHeader(map[bool]int{true: http.StatusNotFound, false: http.StatusFound}[n%10 == 0])
	}))
	t.Cleanup(server.Close)
	client, err := load.Paced{
		Address: strings.TrimPrefix(server.URL, "http://"), Connections: 1, Rate: 100,
		Requests: [][]byte{[]byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n")},
	}.Open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return paced{name: "a server", client: client, cores: watched, then: then}
}

func TestPaced(t *testing.T) {
	watch, err := steady.Start(0)
	if err != nil {
		if !strings.Contains(err.Error(), "CAP_SYS_NICE") || os.Getuid() == 0 {
			t.Fatal(err)
		}
		return // the error says what is needed
	}
	defer func() {
		if err := watch.Stop(); err != nil {
			t.Error(err)
		}
	}()
	const pieces, each = 2, 10
	for _, c := range []struct {
		name                  string
		cores                 cores
		then                  []steady.Pace
		tried, aside, strayed int
	}{
		{name: "not watched", tried: pieces},
		{name: "another pace all the time", cores: cores{watch}, then: []steady.Pace{{Typical: time.Nanosecond}}, tried: tries * pieces, aside: tries * pieces, strayed: pieces},
	} {
		a, err := pacedAt(t, c.cores, c.then).run(t.Context(), pieces*piece)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		if len(a.counted) != pieces*each || len(a.every) != c.tried*each || a.failed != c.tried || a.aside != c.aside || a.strayed != c.strayed {
			t.Errorf("%s: %d answers count of %d, %d failed, %d pieces aside, %d strayed; want %d of %d, %d, %d, %d", c.name,
				len(a.counted), len(a.every), a.failed, a.aside, a.strayed, pieces*each, c.tried*each, c.tried, c.aside, c.strayed)
		}
	}
}
