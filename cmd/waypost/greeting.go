package main

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/tracker/live"
)

// greetWhenReady prints a line per URL that a newcomer needs, once they work.
func (f *serveFlags) greetWhenReady(ctx context.Context, holder *live.Holder, public, adminPort net.Addr) error {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		if ok, _ := holder.Ready(); ok {
			break
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
	fmt.Fprint(os.Stdout, f.greeting(holder.Current(), public, adminPort))
	<-ctx.Done()
	return nil
}

func (f *serveFlags) greeting(index *live.Index, public, adminPort net.Addr) string {
	base, admin := "http://"+reachable(public), "http://"+reachable(adminPort)
	offer, partner := firstPair(index)
	token := filepath.Join(f.data, "admin.token")
	var b strings.Builder
	line := func(what, how string) { fmt.Fprintf(&b, "%-11s %s\n", what, how) }
	fmt.Fprintf(&b, "Waypost %s serves %s\n\n", version, cmp.Or(f.config, "the cluster's snapshots"))
	line("click", fmt.Sprintf("curl -si '%s/click?offer=%s&partner=%s&sub1=news'", base, offer, partner))
	line("impression", fmt.Sprintf("curl -si '%s/impression?offer=%s&partner=%s' -o /dev/null -D -", base, offer, partner))
	line("postback", fmt.Sprintf("curl -s '%s/postback?clickid=CLICKID&amount=30.00'   (CLICKID: header Waypost-Click of the click)", base))
	line("report", fmt.Sprintf("%s report --server %s --token-file %s", os.Args[0], admin, token))
	line("console", fmt.Sprintf("%s/ (token: %s)", admin, token))
	line("API", admin+"/api/v1/openapi.json")
	line("health", fmt.Sprintf("%s/readyz  %s/metrics  %s/-/snapshot", admin, admin, admin))
	return b.String()
}

// firstPair picks tracking ids that work together, or says what to put there.
func firstPair(index *live.Index) (offer, partner string) {
	for _, network := range index.Networks() {
		for _, o := range network.Offers() {
			if o.Deleted || o.Body.State != snapshot.Active || o.Body.ApprovalNeeded {
				continue
			}
			for _, p := range network.Partners() {
				if !p.Deleted && p.Body.State == snapshot.Active {
					return o.Body.TrackingID, p.Body.TrackingID
				}
			}
		}
	}
	return "OFFER", "PARTNER"
}

// reachable turns an address that means every interface into one to try.
func reachable(a net.Addr) string {
	tcp, ok := a.(*net.TCPAddr)
	if ok && tcp.IP.IsUnspecified() {
		return fmt.Sprintf("127.0.0.1:%d", tcp.Port)
	}
	return a.String()
}
