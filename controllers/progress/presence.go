package progress

import "time"

// emptyGrace is how long there must be no tracker before their status shows it: a
// single tracker that restarts is no reason to write all of them.
const emptyGrace = 3 * time.Second

// trackerPresence holds whether there is any tracker at all. That there is none is
// written into every object, so a tracker that restarts must not count as none.
type trackerPresence struct {
	none  bool      // the objects report that there is none
	empty time.Time // since when none is there, zero while one is
	asked bool      // the sweep that confirms it is on its way
}

// due returns when to ask again whether there is still none, zero for never.
func (p *trackerPresence) due() time.Time {
	if p.none || p.asked || p.empty.IsZero() {
		return time.Time{}
	}
	return p.empty.Add(emptyGrace)
}

// confirm reports whether it is time to ask again.
func (p *trackerPresence) confirm(now time.Time) bool {
	due := p.due()
	if due.IsZero() || now.Before(due) {
		return false
	}
	p.asked = true
	return true
}

// count takes the number of trackers of a sweep, and whether all of them serve
// what is published. It returns true when that changes the status of all objects.
func (p *trackerPresence) count(trackers int, complete bool, now time.Time) (turned bool) {
	if trackers > 0 {
		p.empty, p.asked = time.Time{}, false
		turned = p.none && complete
		p.none = p.none && !complete
		return turned
	}
	if p.empty.IsZero() {
		p.empty = now
	}
	turned = !p.none && now.Sub(p.empty) >= emptyGrace
	p.none = p.none || turned
	return turned
}
