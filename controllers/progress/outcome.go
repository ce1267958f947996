package progress

import (
	"iter"

	"github.com/waypost/waypost/controllers/compile"
	"github.com/waypost/waypost/controllers/status"
)

// Outcomes returns, and forgets, what became of the objects that have reported.
// urgent is false for objects of the initial list.
func (s *State) Outcomes() iter.Seq2[status.Outcome, bool] {
	return func(yield func(o status.Outcome, urgent bool) bool) {
		reports := s.reports
		s.reports = nil
		for _, o := range reports {
			if s.objects[o.key] == o && !yield(s.outcome(o), !o.bulk) {
				return
			}
		}
	}
}

// outcome gathers what the status of an object is made of.
func (s *State) outcome(o *object) status.Outcome {
	out := status.Outcome{Key: o.key, UID: o.uid, Facts: status.Facts{Generation: o.generation}}
	last, known := s.verdict(o.key)
	if known {
		out.Details = status.Details{
			Refused: last.RefusedEntries(), OfferLinks: last.OfferLinks, GoalLinks: last.GoalLinks,
			Advertiser: last.Advertiser, Payout: last.Payout, Revenue: last.Revenue,
		}
	}
	v, judged := s.judgement(o)
	if !judged {
		return out
	}
	out.Facts = status.Facts{
		Generation: o.generation, Judged: true,
		Accepted: judgement(v.Accepted), Resolved: judgement(v.ResolvedRefs),
		Current: v.Current, Paused: v.Paused,
		Publication: o.stage, Detail: o.detail,
	}
	if v.Served {
		out.Facts.ServedGeneration = v.ServedGeneration
	}
	if o.stage == status.Published {
		out.Facts.Propagation = s.propagation(o)
	}
	return out
}

// judgement returns the compiler's verdict on exactly this generation.
func (s *State) judgement(o *object) (compile.Verdict, bool) {
	v, ok := s.verdict(o.key)
	return v, ok && v.UID == string(o.uid) && v.Generation == o.generation
}

func judgement(c compile.Condition) status.Judgement {
	if c.OK() {
		return status.Judgement{}
	}
	return status.Judgement{Reason: c.Reason, Message: c.Message}
}

// propagation returns which trackers serve an object's form.
func (s *State) propagation(o *object) status.Propagation {
	p := status.Propagation{Revision: o.revision, Overdue: o.overdue}
	if s.presence.none {
		return p
	}
	if o.underWay == nil {
		p.Complete = true
		return p
	}
	digest := "" // of an earlier revision it is not known any more
	if s.published.Revision == o.revision {
		digest = s.published.Digest
	}
	p.Acked, p.Trackers = s.sweep.Count(o.revision, digest)
	p.Rejection = s.sweep.Rejection(o.revision)
	return p
}
