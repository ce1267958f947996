package live

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/waypost/waypost/api/snapshot"
)

// dump writes down everything that look-ups in an index can find, found by
// every way there is, so that two indexes can be compared.
func dump(t testing.TB, x *Index) string {
	t.Helper()
	d := &dumper{t: t}
	d.line("revision %d digest %s counts %v", x.Revision, x.Digest, x.Counts())
	tables := x.tables
	d.line("slots %d %d %d %d %d %d %d %d", tables.offersByHash.count, tables.offersByName.count, tables.partnersByHash.count,
		tables.partnersByName.count, tables.advertisers.count, tables.structures.count, tables.payouts.count, tables.goals.count)
	var hosts []string
	for host := range x.hosts {
		hosts = append(hosts, host)
	}
	slices.Sort(hosts)
	for _, host := range append(hosts, "unknown.example") {
		n := x.NetworkByHost(host)
		d.line("host %s: %v", host, n != nil)
		if n != nil {
			d.line("  %s", n.Name)
		}
	}
	for _, n := range x.Networks() {
		d.network(x, n)
	}
	return d.text.String()
}

// difference returns the first lines in which two dumps differ, "" if they are equal.
func difference(got, want string) string {
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range max(len(g), len(w)) {
		a, b := "(end)", "(end)"
		if i < len(g) {
			a = g[i]
		}
		if i < len(w) {
			b = w[i]
		}
		if a != b {
			return fmt.Sprintf("line %d: got %s, want %s", i+1, a, b)
		}
	}
	return ""
}

type dumper struct {
	t    testing.TB
	text strings.Builder
}

func (d *dumper) line(format string, args ...any) { fmt.Fprintf(&d.text, format+"\n", args...) }

func (d *dumper) json(v any) string {
	d.t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		d.t.Fatal(err)
	}
	return string(text)
}

func (d *dumper) network(x *Index, n *Network) {
	if x.NetworkByName(n.Name) != n {
		d.line("network %s is not found by name", n.Name)
	}
	d.line("network %s %s %s", n.Name, n.Location, d.json(n.Body))
	for _, o := range n.Offers() {
		if n.Offer(o.Body.TrackingID) != o || n.OfferByHash(o.Hash) != o {
			d.line("offer %s is not found", o.Name)
		}
		d.line("offer %s deleted %v %s", o.Name, o.Deleted, d.json(o.Body))
		d.line("  by name: %s", n.OfferByName(o.Name).Body.TrackingID)
		for _, g := range o.Goals() {
			d.line("  goal %s deleted %v %s", g.Name, g.Deleted(), d.json(g.Body()))
		}
	}
	for _, p := range n.Partners() {
		if n.Partner(p.Body.TrackingID) != p || n.PartnerByHash(p.Hash) != p {
			d.line("partner %s is not found", p.Name)
		}
		d.line("partner %s deleted %v %s, by name %s", p.Name, p.Deleted, d.json(p.Body), n.PartnerByName(p.Name).Body.TrackingID)
	}
	d.byName(n)
}

// byName dumps what has no list: the tests use few names.
func (d *dumper) byName(n *Network) {
	for i := range names {
		name := fmt.Sprintf("n%d", i)
		if a := n.Advertiser(name); a != nil {
			d.line("advertiser %s deleted %v %v %s", name, a.Deleted, a.Prefixes, d.json(a.Body))
		}
		if s := n.Structure(name); s != nil {
			d.line("structure %s %s", name, d.json(s))
		}
		for offer := range names {
			for _, r := range n.Payouts(name, fmt.Sprintf("n%d", offer)) {
				d.line("payout of %s: %s", name, d.json(r))
			}
		}
	}
}

// names is how many names a random world draws from.
const names = 25

// TestDumpSeesDifferences keeps the comparisons honest.
func TestDumpSeesDifferences(t *testing.T) {
	base := func() []*snapshot.Record {
		return []*snapshot.Record{
			networkRecord("default", 1, "go.example"), offerRecord("n1", "1"), goalRecord("g", "n1", "2"), partnerRecord("n2", "2"),
			advertiserRecord("n3"), structureRecord("n4", snapshot.Rule{Name: "r"}), payoutRecord("p", "n2", 1, snapshot.Override{Name: "o", Offer: "n1"}),
		}
	}
	seen := map[string]int{dump(t, index(t, base()...)): -1}
	for i := range base() {
		records := base()
		without := dump(t, index(t, slices.Delete(records, i, i+1)...))
		if other, ok := seen[without]; ok {
			t.Errorf("without record %d the dump is that of %d", i, other)
		}
		seen[without] = i
	}
}
