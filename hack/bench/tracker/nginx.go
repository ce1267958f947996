package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"

	"github.com/waypost/waypost/hack/bench/instance"
	"github.com/waypost/waypost/hack/bench/process"
	"github.com/waypost/waypost/hack/bench/world"
)

// server is what load is put on.
type server struct {
	*process.Process
	address string
}

// serverOf is Waypost's public port.
func serverOf(waypost *instance.Instance) *server {
	return &server{waypost.Process, waypost.Public}
}

// configuration is nginx as Debian installs it, one worker: a redirect as long as
// Waypost's, a pixel, and the access log in its default form.
const configuration = `daemon off;
worker_processes 1;
pid DIR/nginx.pid;
error_log DIR/nginx-error.log;
events { worker_connections 1024; }
http {
  access_log DIR/nginx-access.log;
  keepalive_requests 1000000000;
  client_body_temp_path DIR/nginx-body;
  proxy_temp_path DIR/nginx-proxy;
  fastcgi_temp_path DIR/nginx-fastcgi;
  uwsgi_temp_path DIR/nginx-uwsgi;
  scgi_temp_path DIR/nginx-scgi;
  server {
    listen ADDRESS;
    location /click { return 302 "LOCATION"; }
    location /impression { empty_gif; }
  }
}
`

// startNginx starts nginx on a free port of loopback and the servers' core, and returns
// when it answers. The port is found by opening and closing it; another process could
// take it in between, which would end the benchmark with an error.
func (b *bench) startNginx(ctx context.Context) (*server, error) {
	program, err := exec.LookPath("nginx")
	if err != nil {
		return nil, fmt.Errorf("nginx is needed (Debian has it: apt-get install nginx): %w", err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	address := l.Addr().String()
	if err := l.Close(); err != nil {
		return nil, err
	}
	text := strings.NewReplacer("DIR", b.dir, "ADDRESS", address, "LOCATION", world.Location()).Replace(configuration)
	file := b.path("nginx.conf")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		return nil, err
	}
	p, err := process.Start(process.Options{Cores: strconv.Itoa(b.serverCore), Log: b.path("nginx.log")}, program, "-e", b.path("nginx-error.log"), "-c", file)
	if err != nil {
		return nil, err
	}
	return &server{p, address}, p.Until(ctx, func(ctx context.Context) bool { return answers(ctx, address) })
}

// answers reports whether nginx serves its pixel.
func answers(ctx context.Context, address string) bool {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/impression", nil)
	if err != nil {
		return false
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return false
	}
	return response.Body.Close() == nil && response.StatusCode == http.StatusOK
}
