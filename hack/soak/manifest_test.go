package soak

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// The configuration as Kubernetes takes it.

type object = map[string]any

func (w *world) manifests(partnerURL string) []object {
	var list []object
	for _, n := range w.Networks {
		list = append(list, object{"apiVersion": "v1", "kind": "Namespace", "metadata": object{"name": n.Name}})
		list = append(list, n.manifest())
		list = append(list, secrets(n)...)
		for _, a := range n.Advertisers {
			list = append(list, a.manifest(n))
		}
		for _, s := range n.Structures {
			list = append(list, s.manifest(n))
		}
		for _, p := range n.Partners {
			list = append(list, p.manifest(n, partnerURL))
			if len(p.Overrides) > 0 {
				list = append(list, p.payouts(n))
			}
		}
		for _, o := range n.Offers {
			list = append(list, o.manifest(n))
			for _, g := range o.Goals[1:] {
				list = append(list, g.manifest(n, o))
			}
		}
	}
	return list
}

func resource(n *network, kind, name string, spec object) object {
	return object{"apiVersion": "waypost.dev/v1alpha1", "kind": kind, "metadata": object{"name": name, "namespace": n.Name}, "spec": spec}
}

func toggle(on bool) string {
	if on {
		return "Enabled"
	}
	return "Disabled"
}

func withKey(spec object, keys []string, name string) object {
	if len(keys) > 0 {
		spec["postbackKeySecretRef"] = object{"name": name, "key": "key"}
	}
	return spec
}

func secrets(n *network) []object {
	var list []object
	add := func(name string, keys []string) {
		if len(keys) > 0 {
			list = append(list, object{"apiVersion": "v1", "kind": "Secret", "metadata": object{"name": name, "namespace": n.Name},
				"stringData": object{"key": strings.Join(keys, "\n") + "\n"}})
		}
	}
	add("network-key", n.Keys)
	for _, a := range n.Advertisers {
		add(a.Name+"-key", a.Keys)
	}
	for _, o := range n.Offers {
		add(o.Name+"-key", o.Keys)
	}
	return list
}

func (n *network) manifest() object {
	sealed := "Optional"
	if n.Sealed {
		sealed = "Required"
	}
	return resource(n, "Network", n.Name, withKey(object{
		"title": n.Name, "currency": n.Currency, "timeZone": n.Zone, "trackingDomains": []string{n.Domain},
		"goals": toggle(!n.GoalsOff), "conversionApproval": toggle(!n.ApprovalOff), "encryptedTracking": sealed,
	}, n.Keys, "network-key"))
}

func (a *advertiser) manifest(n *network) object {
	return resource(n, "Advertiser", a.Name, withKey(object{
		"title": a.Name, "state": a.State, "postbackSources": a.Sources, "blockedPartners": a.Blocked,
	}, a.Keys, a.Name+"-key"))
}

func (p *partner) manifest(n *network, url string) object {
	var list []object
	for _, x := range p.Outgoing {
		item := object{"name": x.Name, "on": x.On,
			"url": url + "/" + n.Name + "/" + p.Name + "/" + x.Name + "?conversion={conversion_id}&status={status}&payout={payout}&goal={goal}"}
		if x.Offer != "" {
			item["offer"] = x.Offer
		}
		if x.Goal != "" {
			item["goal"] = x.Goal
		}
		list = append(list, item)
	}
	spec := object{"trackingID": p.ID, "title": p.Name, "state": p.State, "blockedOffers": p.Blocked, "postbacks": list}
	if p.Tier != "" {
		spec["tier"] = p.Tier
	}
	return resource(n, "Partner", p.Name, spec)
}

func (p *partner) payouts(n *network) object {
	var list []object
	for _, x := range p.Overrides {
		item := object{"name": x.Name, "offer": x.Offer, "goal": strings.ToUpper(x.Goal), "payout": x.Payout.manifest()}
		if x.Revenue != nil {
			item["revenue"] = x.Revenue.manifest()
		}
		if x.From != 0 {
			item["from"] = time.Unix(x.From, 0).UTC().Format(time.RFC3339)
		}
		if x.Until != 0 {
			item["until"] = time.Unix(x.Until, 0).UTC().Format(time.RFC3339)
		}
		list = append(list, item)
	}
	return resource(n, "PartnerPayout", p.Name, object{"partnerRef": object{"name": p.Name}, "overrides": list})
}

func (t terms) manifest() object {
	m := object{}
	switch {
	case t.Flat != nil && t.Percent != nil:
		m["type"] = "FlatAndPercentage"
	case t.Percent != nil:
		m["type"] = "Percentage"
	default:
		m["type"] = "Flat"
	}
	t.add(m)
	return m
}

func (t terms) add(m object) {
	if t.Flat != nil {
		m["flat"] = decimal(*t.Flat, 6)
	}
	if t.Percent != nil {
		m["percent"] = decimal(*t.Percent, 5)
	}
}

func (s side) manifest() object {
	m := s.terms.manifest()
	if s.Structure != "" {
		m["structure"] = s.Structure
	}
	var tiers []object
	for _, t := range s.Tiers {
		item := object{"tier": t.Name}
		t.add(item)
		tiers = append(tiers, item)
	}
	if tiers != nil {
		m["tiers"] = tiers
	}
	return m
}

// decimal writes an integer with so many decimals, without zeros at the end.
func decimal(v int64, decimals int) string {
	whole := strconv.FormatInt(v, 10)
	for len(whole) <= decimals {
		whole = "0" + whole
	}
	rest := strings.TrimRight(whole[len(whole)-decimals:], "0")
	whole = whole[:len(whole)-decimals]
	if rest == "" {
		return whole
	}
	return whole + "." + rest
}

func (s *structure) manifest(n *network) object {
	var rules []object
	for _, r := range s.Rules {
		item := object{"name": r.Name}
		var when []object
		for _, c := range r.When {
			when = append(when, object{"field": c.Field, "operator": c.Operator, "values": c.Values})
		}
		if when != nil {
			item["when"] = when
		}
		if r.Partners != nil {
			item["partners"] = r.Partners
		}
		if r.Payout != nil {
			item["payout"] = r.Payout.manifest()
		}
		if r.Revenue != nil {
			item["revenue"] = r.Revenue.manifest()
		}
		rules = append(rules, item)
	}
	return resource(n, "PayoutStructure", s.Name, object{"rules": rules})
}

func (g *goal) settings() object {
	visibility, recordAs, approval := "Public", "Conversion", "Automatic"
	if g.Private {
		visibility = "Private"
	}
	if g.AsClick {
		recordAs = "Click"
	}
	if g.Manual {
		approval = "Manual"
	}
	m := object{"title": "Goal " + g.Value, "slug": g.Slug, "slugAliases": g.Aliases, "refID": g.Ref, "visibility": visibility, "recordAs": recordAs, "approval": approval,
		"protocol": g.Protocol, "multipleConversions": toggle(g.Multiple), "revenue": g.Revenue.manifest()}
	if g.Sealed != "" {
		m["encryptedTracking"] = g.Sealed
	}
	if !g.Private {
		m["payout"] = g.Payout.manifest()
	}
	return m
}

func (g *goal) manifest(n *network, o *offer) object {
	spec := g.settings()
	spec["offerRef"], spec["value"], spec["state"], spec["endPoint"] = object{"name": o.Name}, g.Value, g.State, toggle(g.EndPoint)
	return resource(n, "Goal", g.Object, spec)
}

func (o *offer) manifest(n *network) object {
	spec := object{
		"trackingID": o.ID, "title": o.Name, "advertiserRef": object{"name": o.Advertiser}, "state": o.State, "destinationURL": "https://shop.example/?cid={clickid}",
		"goals": toggle(!o.GoalsOff), "defaultGoal": o.Goals[0].settings(), "blockedPartners": o.Blocked,
		"clicks":      object{"payout": object{"cpc": decimal(o.CPC, 6)}, "revenue": object{"cpc": decimal(o.CPCRevenue, 6)}},
		"impressions": object{"tracking": toggle(o.Impressions), "payout": object{"cpm": decimal(o.CPM, 6)}, "revenue": object{"cpm": decimal(o.CPMRevenue, 6)}},
		"attribution": object{"clickLookbackHours": o.Lookback, "minimumClickSeconds": o.MinSeconds, "viewThrough": toggle(o.ViewThrough), "impressionLookbackHours": o.ImpLookback},
		"hold":        object{"hours": o.HoldHours},
	}
	if o.Currency != "" {
		spec["currency"] = o.Currency
	}
	if o.Approved != nil {
		spec["access"], spec["approvedPartners"] = "ApprovalRequired", o.Approved
	}
	var caps []object
	for _, c := range o.Caps {
		item := object{"name": c.Name, "metric": c.Metric, "window": c.Window, "limit": decimal(c.Max, 6)}
		if c.Metric == "Conversions" {
			item["limit"] = fmt.Sprint(c.Max)
		}
		if c.Goal != "" {
			item["goal"] = strings.ToLower(c.Goal)
		}
		if c.PerPartner {
			item["per"] = "Partner"
		}
		if c.Partners != nil {
			item["partners"] = c.Partners
		}
		caps = append(caps, item)
	}
	spec["caps"] = caps
	return resource(n, "Offer", o.Name, withKey(spec, o.Keys, o.Name+"-key"))
}
