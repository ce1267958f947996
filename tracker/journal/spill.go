package journal

import "time"

// spilling reports whether what is closed in memory belongs into the spool: there
// is older in it, or trouble lasts, or memory is half full.
func (s *sender) spilling(now time.Time) bool {
	if s.spool == nil {
		return false
	}
	if !s.spool.empty() {
		return true
	}
	held, _, _ := s.w.backlog()
	return held > s.w.o.MemoryBytes/2 || (s.flight != nil && !now.Before(s.spillAt()))
}

// spillAt is when the trouble that the batch in flight is in has lasted too long.
func (s *sender) spillAt() time.Time {
	since := s.troubled
	if since.IsZero() {
		since = s.flight.sent
	}
	return since.Add(s.w.o.SpoolAfter)
}

// spill moves what is in memory to the spool: the batch in flight first if it is
// not there yet, then the closed ones, then the one that fills if it was begun at
// least age ago. On an error everything stays where it is.
func (s *sender) spill(now time.Time, age time.Duration) {
	if !s.spoolTrouble.IsZero() && now.Sub(s.spoolTrouble) < s.w.o.RetryWait {
		return
	}
	var records [][]byte
	inFlight := s.flight != nil && !s.flight.spooled
	if inFlight {
		records = append(records, s.flight.data)
	}
	all := s.w.takeAll(now, age)
	for _, b := range all {
		records = append(records, b.buf)
	}
	if len(records) == 0 {
		s.spoolTrouble = time.Time{}
		return
	}
	if err := s.spool.append(records); err != nil {
		s.w.giveBack(all)
		s.spoolFailed(now, err)
		return
	}
	s.spoolTrouble = time.Time{}
	if inFlight {
		s.flight.spooled = true
	}
	for _, b := range all {
		s.w.release(b)
	}
	s.w.o.Metrics.spool(s.spool.size())
}

func (s *sender) spoolFailed(now time.Time, err error) {
	if s.spoolTrouble.IsZero() {
		s.w.o.Log.Error(err, "the spool is in trouble; entries stay where they are", "spool", s.w.o.Spool)
	}
	s.spoolTrouble = now
	s.w.o.Metrics.spoolFailed()
}

// forward passes over the spool's first record: it is durable in the journal, or
// cannot be read.
func (s *sender) forward() {
	if err := s.spool.forward(); err != nil {
		s.w.o.Log.Error(err, "the spool's position could not be written: after a restart some batches are sent again, which is harmless")
	}
	s.w.o.Metrics.spool(s.spool.size())
}

// finish ends the sender: what is left goes to the spool, or is lost.
func (s *sender) finish() {
	s.cancel()
	if s.flight != nil && s.flight.result != nil {
		// The attempt ends at once, now that its context has. Its memory is in use
		// until then.
		if err := <-s.flight.result; err == nil {
			s.durable(s.flight)
		}
	}
	if s.spool == nil {
		s.abandon()
		return
	}
	s.spoolTrouble = time.Time{}
	s.spill(time.Now(), 0)
	if !s.spoolTrouble.IsZero() {
		s.abandon()
	}
	if err := s.spool.close(); err != nil {
		s.w.o.Log.Error(err, "close the spool", "spool", s.w.o.Spool)
	}
}

// abandon counts and reports what is lost when a writer ends in trouble.
func (s *sender) abandon() {
	all := s.w.takeAll(time.Now(), 0)
	if s.flight != nil && s.flight.batch != nil && !s.flight.spooled {
		all = append(all, s.flight.batch)
	}
	entries := 0
	for _, b := range all {
		entries += b.entries
		s.w.o.Metrics.loseCounts(b.counts)
	}
	if entries > 0 {
		s.w.o.Log.Error(nil, "entries are lost: the journal did not take them before the end", "entries", entries)
	}
}
