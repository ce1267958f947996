package compile

import (
	"encoding/binary"

	"github.com/cespare/xxhash/v2"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/api/v1alpha1"
)

// report keeps the findings of an object, whose builder is free again if there are
// none. It reports the verdict if it is a new one. current is set if the object's
// current form is served.
func (s *namespace) report(n *node, b *builder, current bool) {
	n.judged, n.current, n.failure = true, current, nil
	if b.none() {
		s.compiler.builders = append(s.compiler.builders, b)
	} else {
		n.failure = &b.findings
	}
	v := s.verdict(n)
	if digest := v.digest(); digest != n.digest {
		n.digest = digest
		s.verdicts = append(s.verdicts, v)
	}
}

// verdict makes the verdict on an object from its findings, what is served, and
// the object itself. It is made anew each time it is asked for, because verdicts are
// large and nearly all alike; only its digest is kept.
func (s *namespace) verdict(n *node) Verdict {
	v := Verdict{
		Kind: n.kind, Network: s.name, Name: n.name, UID: n.uid(), Generation: n.object.GetGeneration(),
		Accepted: n.failure.acceptedCondition(), ResolvedRefs: n.failure.resolvedCondition(),
	}
	if n.failure != nil {
		v.Refused = n.failure.refused
	}
	record := n.record
	if n.kind == snapshot.KindNetwork {
		record = s.network.node.record
	}
	if record != nil && n.owns(record) {
		v.Served, v.ServedGeneration, v.Current = true, record.Generation, n.current
		v.Paused = stateOf(record) != snapshot.Active
	}
	switch o := n.object.(type) {
	case *v1alpha1.Offer:
		if n.record != nil {
			links := offerLinks(s.network.settings.base, n.record.Offer)
			v.OfferLinks = &links
		}
	case *v1alpha1.Goal:
		s.addGoalDetails(n, o, &v)
	}
	return v
}

// addGoalDetails adds what lists show of a Goal, and its links while it is served.
func (s *namespace) addGoalDetails(n *node, g *v1alpha1.Goal, v *Verdict) {
	v.Payout, v.Revenue = g.Spec.Payout.Display(), g.Spec.Revenue.Display()
	name := n.offer
	if n.record != nil {
		name = n.record.Goal.Offer // the last good form may belong to another
	}
	offer := s.graph.offerRecord(name)
	if offer == nil {
		return
	}
	v.Advertiser = offer.Offer.Advertiser
	if n.record != nil {
		links := s.goalLinks(offer.Offer, n.record.Goal)
		v.GoalLinks = &links
	}
}

// stateOf returns the state of a record's object; kinds without one are Active.
func stateOf(r *snapshot.Record) snapshot.State {
	switch {
	case r.Advertiser != nil:
		return r.Advertiser.State
	case r.Partner != nil:
		return r.Partner.State
	case r.Offer != nil:
		return r.Offer.State
	case r.Goal != nil:
		return r.Goal.State
	}
	return snapshot.Active
}

// digest returns a hash of the whole verdict, never 0. Two verdicts that differ have the
// same hash once in 2^64 times; the status would then keep the older text until the next
// change.
func (v *Verdict) digest() uint64 {
	d := xxhash.New()
	words := []string{v.UID, v.Advertiser, v.Payout, v.Revenue}
	for _, c := range []Condition{v.Accepted, v.ResolvedRefs} {
		words = append(words, string(c.Status), c.Reason, c.Field, c.Message)
	}
	if l := v.OfferLinks; l != nil {
		words = append(words, l.Tracking, l.Impression, l.ImpressionPixel)
	}
	if l := v.GoalLinks; l != nil {
		words = append(words, l.Postback, l.Pixel, l.IFrame, l.Click)
	}
	for _, r := range v.Refused {
		words = append(words, r.Entry, r.Reason, r.Field, r.Message)
	}
	for _, word := range words {
		_, _ = d.WriteString(word) // a hash takes everything
		_, _ = d.Write([]byte{0})
	}
	flags := uint64(0)
	for i, flag := range []bool{v.Served, v.Current, v.Paused, v.OfferLinks != nil, v.GoalLinks != nil} {
		if flag {
			flags |= 1 << i
		}
	}
	for _, number := range []uint64{uint64(v.Generation), uint64(v.ServedGeneration), flags} {
		_, _ = d.Write(binary.LittleEndian.AppendUint64(nil, number))
	}
	return max(d.Sum64(), 1) // 0 is no verdict
}
