package installation

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// JournalName is the name of a NATS server among the Processes.
func (i *Installation) JournalName(n int) string {
	if len(i.Ports.Journal) == 1 {
		return "nats"
	}
	return fmt.Sprintf("nats-%d", n+1)
}

// JournalURL is where clients find the journal: all of its servers.
func (i *Installation) JournalURL() string {
	urls := make([]string, 0, len(i.Ports.Journal))
	for _, ports := range i.Ports.Journal {
		urls = append(urls, "nats://"+ports.Clients)
	}
	return strings.Join(urls, ",")
}

// launchJournal builds the NATS server from its Go module and starts one, or the
// servers of a cluster.
func (i *Installation) launchJournal(ctx context.Context, p *Processes) error {
	program := filepath.Join(i.Environment.Root, "bin", "nats-server")
	if err := do(ctx, []string{"CGO_ENABLED=0"}, "go", "build", "-o", program, "github.com/nats-io/nats-server/v2"); err != nil {
		return err
	}
	for n := range i.Ports.Journal {
		name := i.JournalName(n)
		config := i.Path(name + ".conf")
		if err := os.WriteFile(config, []byte(i.journalConfig(n)), 0o600); err != nil {
			return fmt.Errorf("writing the configuration of NATS: %w", err)
		}
		if err := p.Launch(name, program, "-c", config); err != nil {
			return err
		}
	}
	return nil
}

// journalConfig is the configuration of one server: what is acknowledged is on its
// disk.
func (i *Installation) journalConfig(n int) string {
	name := i.JournalName(n)
	config := fmt.Sprintf("server_name: %s\nlisten: %q\njetstream {store_dir: %q, sync_interval: always}\nmax_payload: 8MB\n",
		name, i.Ports.Journal[n].Clients, i.Path(name))
	if len(i.Ports.Journal) == 1 {
		return config
	}
	routes := make([]string, 0, len(i.Ports.Journal))
	for _, ports := range i.Ports.Journal {
		routes = append(routes, fmt.Sprintf("%q", "nats-route://"+ports.Cluster))
	}
	return config + fmt.Sprintf("cluster {name: waypost, listen: %q, routes: [%s]}\n", i.Ports.Journal[n].Cluster, strings.Join(routes, ", "))
}
