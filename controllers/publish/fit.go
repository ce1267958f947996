package publish

import (
	"errors"
	"slices"
	"sort"

	"github.com/waypost/waypost/api/snapshot"
)

// maxRefusals bounds how often a too large shard is tried again without one more
// record; after that all further changes of the shard are refused.
const maxRefusals = 8

// encoder is snapshot.EncodeShard, or a test's stand-in with another limit.
type encoder func([]*snapshot.Record) (snapshot.Shard, error)

// Content is all records of one shard.
type Content struct {
	// Index is the shard's.
	Index int
	// Records are those that it is to hold.
	Records []*snapshot.Record
	// Before is the published form of every record that is to change, nil for
	// one that is new. They are what stays when a change does not fit.
	Before map[snapshot.Key]*snapshot.Record
}

// fitted is an encoded shard and the changes that it has no room for.
type fitted struct {
	shard   snapshot.Shard // without a digest: the shard is empty
	refused []snapshot.Key
}

// fit encodes the content. Where it is too large, it leaves out the changes that
// break the limit, in the order of their keys, and keeps their published form.
func fit(encode encoder, c Content) (fitted, error) {
	if len(c.Records) == 0 {
		return fitted{}, nil
	}
	shard, err := encode(c.Records)
	if !errors.Is(err, snapshot.ErrShardTooLarge) {
		return fitted{shard: shard}, err
	}
	changes, rest := c.split()
	f := &fitting{encode: encode, before: c.Before, rest: rest}
	return f.run(changes)
}

// split separates the records that are new or changed from the published ones.
func (c Content) split() (changes, rest []*snapshot.Record) {
	for _, r := range c.Records {
		if _, changed := c.Before[r.Key()]; changed {
			changes = append(changes, r)
		} else {
			rest = append(rest, r)
		}
	}
	slices.SortFunc(changes, func(a, b *snapshot.Record) int { return a.Key().Compare(b.Key()) })
	return changes, rest
}

// fitting is the search for the changes that fit into one shard. rest are the records
// that are decided: unchanged, taken, or kept in their published form.
type fitting struct {
	encode encoder
	before map[snapshot.Key]*snapshot.Record
	rest   []*snapshot.Record
}

// run takes as many changes as fit, refuses the next one, and goes on behind it. So an
// object that is too large is refused alone, and a smaller one behind it is still
// published. Each round is a binary search with an encoding a step; maxRefusals bounds
// the rounds.
func (f *fitting) run(changes []*snapshot.Record) (fitted, error) {
	var refused []snapshot.Key
	for {
		n, err := f.prefix(changes)
		if err != nil {
			return fitted{}, err
		}
		if n == len(changes) {
			break
		}
		last := n + 1
		if len(refused) == maxRefusals {
			last = len(changes)
		}
		for _, r := range changes[n:last] {
			refused = append(refused, r.Key())
		}
		f.rest = append(f.rest, changes[:n]...)
		f.rest = append(f.rest, f.published(changes[n:last])...)
		changes = changes[last:]
	}
	records := append(slices.Clone(f.rest), changes...)
	if len(records) == 0 {
		return fitted{refused: refused}, nil
	}
	shard, err := f.encode(records)
	return fitted{shard: shard, refused: refused}, err
}

// prefix returns how many of the changes fit when those behind them stay as
// they are published.
func (f *fitting) prefix(changes []*snapshot.Record) (int, error) {
	var failed error
	n := sort.Search(len(changes), func(n int) bool {
		fits, err := f.fits(changes[:n+1], changes[n+1:])
		if err != nil {
			failed = err
		}
		return !fits
	})
	return n, failed
}

// fits reports whether the shard is within the limit when take is changed and leave
// stays as it is published.
func (f *fitting) fits(take, leave []*snapshot.Record) (bool, error) {
	records := append(slices.Clone(f.rest), take...)
	records = append(records, f.published(leave)...)
	_, err := f.encode(records)
	if errors.Is(err, snapshot.ErrShardTooLarge) {
		return false, nil
	}
	return err == nil, err
}

// published returns the published forms of records, without those that are new.
func (f *fitting) published(records []*snapshot.Record) []*snapshot.Record {
	var forms []*snapshot.Record
	for _, r := range records {
		if before := f.before[r.Key()]; before != nil {
			forms = append(forms, before)
		}
	}
	return forms
}
