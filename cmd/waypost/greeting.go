package main

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/waypost/waypost/tracker/live"
	"github.com/waypost/waypost/tracker/server"
)

// greetWhenReady prints a line per URL to try, once they work: after the first snapshot,
// because the lines name an offer and a partner of it. It is a task, and so goes on
// until ctx ends.
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

// greeting returns the lines: a click, an impression, a postback and a report as
// commands that can be pasted, then console, API and health.
func (f *serveFlags) greeting(index *live.Index, public, adminPort net.Addr) string {
	base, admin := "http://"+reachable(public), "http://"+reachable(adminPort)
	first := firstPair(index)
	pair := fmt.Sprintf("offer=%s&partner=%s", url.QueryEscape(first.offer), url.QueryEscape(first.partner))
	token := filepath.Join(f.data, "admin.token")
	var b strings.Builder
	line := func(what, how string) { fmt.Fprintf(&b, "%-11s %s\n", what, how) }
	fmt.Fprintf(&b, "Waypost %s serves %s\n\n", version, cmp.Or(f.config, "the cluster's snapshots"))
	line("click", fmt.Sprintf("curl -si%s '%s/click?%s&sub1=news'", first.host, base, pair))
	line("impression", fmt.Sprintf("curl -si%s '%s/impression?%s' -o /dev/null -D -", first.host, base, pair))
	line("postback", fmt.Sprintf("curl -s%s '%s/postback?clickid=CLICKID&amount=30.00'   (CLICKID: header Waypost-Click of the click)", first.host, base))
	line("report", fmt.Sprintf("%s report --server %s --token-file %s", os.Args[0], admin, token))
	line("console", fmt.Sprintf("%s/ (token: %s)", admin, token))
	line("API", admin+"/api/v1/openapi.json")
	line("health", fmt.Sprintf("%s/readyz  %s/metrics  %s/-/snapshot", admin, admin, admin))
	return b.String()
}

// example is a pair of tracking ids that work together, and curl's option for the host
// that they work under, if only one of some does.
type example struct{ offer, partner, host string }

// firstPair picks an offer and a partner whose clicks are served, preferably with
// impressions. Where there is none it returns placeholders to replace.
func firstPair(index *live.Index) example {
	found := example{offer: "OFFER", partner: "PARTNER"}
	served := false
	for _, network := range index.Networks() {
		host := ""
		if len(network.Body.TrackingDomains) > 0 {
			host = fmt.Sprintf(" -H 'Host: %s'", network.Body.TrackingDomains[0])
		}
		for _, o := range network.Offers() {
			partner := firstPartner(network, o)
			if partner == "" || served && !o.Body.Impressions {
				continue
			}
			found, served = example{o.Body.TrackingID, partner, host}, true
			if o.Body.Impressions {
				return found
			}
		}
	}
	return found
}

// firstPartner returns the tracking id of a partner whose clicks the offer
// takes; "" if there is none.
func firstPartner(network *live.Network, offer *live.Offer) string {
	for _, p := range network.Partners() {
		if server.Serves(network, offer, p) {
			return p.Body.TrackingID
		}
	}
	return ""
}

// reachable turns an address that means every interface into one to try.
func reachable(a net.Addr) string {
	tcp, ok := a.(*net.TCPAddr)
	if ok && tcp.IP.IsUnspecified() {
		return fmt.Sprintf("127.0.0.1:%d", tcp.Port)
	}
	return a.String()
}
