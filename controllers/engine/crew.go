package engine

import "time"

// crew knows whether there is any tracker at all. That there is none is written
// into every object, so a tracker that restarts must not count as none.
type crew struct {
	nobody bool      // the objects say that there is none
	empty  time.Time // since when none is there, zero while one is
	asked  bool      // the sweep that confirms it is on its way
}

// due returns when to ask again whether there is still none, zero for never.
func (c *crew) due() time.Time {
	if c.nobody || c.asked || c.empty.IsZero() {
		return time.Time{}
	}
	return c.empty.Add(emptyGrace)
}

// confirm reports whether it is time to ask again.
func (c *crew) confirm(now time.Time) bool {
	due := c.due()
	if due.IsZero() || now.Before(due) {
		return false
	}
	c.asked = true
	return true
}

// count takes the number of trackers of a sweep, and whether all of them serve
// what is published. It returns true when all objects must say something else.
func (c *crew) count(trackers int, complete bool, now time.Time) (turned bool) {
	if trackers > 0 {
		c.empty, c.asked = time.Time{}, false
		turned = c.nobody && complete
		c.nobody = c.nobody && !complete
		return turned
	}
	if c.empty.IsZero() {
		c.empty = now
	}
	turned = !c.nobody && now.Sub(c.empty) >= emptyGrace
	c.nobody = c.nobody || turned
	return turned
}
