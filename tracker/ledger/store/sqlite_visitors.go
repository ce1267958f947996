package store

import (
	"context"
	"encoding/binary"
	"sort"
)

// The visitors of a day are a set of random numbers. As rows of a table those of one
// group would lie on nearly every page of it, and writing all these pages took longer
// than everything else of the group. So the set is kept in parts, by the highest bits
// of the numbers, and each part in one piece, sorted. What a large part has got lately
// is a piece of its own, a small one, until it is worth rewriting the large one.
const (
	// partShift leaves the bits of a number that are its part: 256 parts.
	partShift = 56
	// settledSmall is the size of a piece that may well be rewritten each time, a page.
	settledSmall = 8192
	// recentShare is the share of a part that may be recent: one eighth.
	recentShare = 8
)

// digests are sorted numbers, eight bytes each.
type digests []byte

func (d digests) len() int       { return len(d) / 8 }
func (d digests) at(i int) int64 { return int64(binary.BigEndian.Uint64(d[8*i:])) }

func (d digests) hold(v int64) bool {
	i := sort.Search(d.len(), func(i int) bool { return d.at(i) >= v })
	return i < d.len() && d.at(i) == v
}

// with returns the numbers of both; neither holds one of the other.
func (d digests) with(o digests) digests {
	out := make(digests, 0, len(d)+len(o))
	for len(d) > 0 && len(o) > 0 {
		next := &d
		if o.at(0) < d.at(0) {
			next = &o
		}
		out = append(out, (*next)[:8]...)
		*next = (*next)[8:]
	}
	return append(append(out, d...), o...)
}

func (s *sqliteSession) claim(ctx context.Context, day int64, visitors []int64, each func(int64)) error {
	for len(visitors) > 0 {
		part := visitors[0] >> partShift
		n := sort.Search(len(visitors), func(i int) bool { return visitors[i]>>partShift > part })
		if err := s.claimPart(ctx, day, part, visitors[:n], each); err != nil {
			return err
		}
		visitors = visitors[n:]
	}
	return nil
}

// claimPart claims visitors of one part.
func (s *sqliteSession) claimPart(ctx context.Context, day, part int64, visitors []int64, each func(int64)) error {
	var pieces [2]digests // settled and recent
	const query = "SELECT recent, digests FROM visitors WHERE day = ? AND part = ?"
	err := s.query(ctx, query, []any{day, part}, func(row scanner) error {
		var recent int
		var piece []byte
		err := row.Scan(&recent, &piece)
		pieces[recent] = piece
		return err
	})
	if err != nil {
		return err
	}
	var added digests
	for _, v := range visitors {
		if !pieces[0].hold(v) && !pieces[1].hold(v) {
			added = binary.BigEndian.AppendUint64(added, uint64(v))
			each(v)
		}
	}
	if len(added) == 0 {
		return nil
	}
	return s.putVisitors(ctx, day, part, pieces[0], pieces[1].with(added))
}

// putVisitors writes what is recent of a part, or all of it in one piece.
func (s *sqliteSession) putVisitors(ctx context.Context, day, part int64, settled, recent digests) error {
	const put = "INSERT INTO visitors (day, part, recent, digests) VALUES (?, ?, ?, ?) ON CONFLICT (day, part, recent) DO UPDATE SET digests = excluded.digests"
	if len(settled) > settledSmall && len(recent)*recentShare < len(settled) {
		_, err := s.exec(ctx, put, day, part, 1, []byte(recent))
		return err
	}
	if _, err := s.exec(ctx, put, day, part, 0, []byte(settled.with(recent))); err != nil {
		return err
	}
	_, err := s.exec(ctx, "DELETE FROM visitors WHERE day = ? AND part = ? AND recent = 1", day, part)
	return err
}

// visitors merges the pieces of each part.
func (s *sqliteSession) visitors(ctx context.Context, each func(visitor) error) error {
	var day, part int64
	var piece digests
	flush := func() error {
		for i := range piece.len() {
			if err := each(visitor{day, piece.at(i)}); err != nil {
				return err
			}
		}
		piece = nil
		return nil
	}
	err := s.query(ctx, "SELECT day, part, digests FROM visitors ORDER BY day, part, recent", nil, func(row scanner) error {
		var d, p int64
		var next []byte
		if err := row.Scan(&d, &p, &next); err != nil {
			return err
		}
		if d != day || p != part {
			if err := flush(); err != nil {
				return err
			}
		}
		day, part, piece = d, p, piece.with(next)
		return nil
	})
	if err != nil {
		return err
	}
	return flush()
}

func (s *sqliteSession) dropVisitors(ctx context.Context, day int64) error {
	_, err := s.exec(ctx, "DELETE FROM visitors WHERE day < ?", day)
	return err
}
