package snapshot

import (
	"errors"
	"fmt"
)

// AnyShard stands for the index of the shard of the first record in Walk.
const AnyShard = -1

// Content is a shard's decompressed bytes, which have the digest that they were
// asked for by.
type Content struct{ bytes []byte }

// OpenShard decompresses data, at most 16 MiB of it, and compares its digest.
// Every failure is an ErrShardCorrupt.
func OpenShard(data []byte, digest string) (Content, error) {
	if len(data) > MaxShardBytes {
		return Content{}, fmt.Errorf("%w: %d bytes, at most %d", ErrShardCorrupt, len(data), MaxShardBytes)
	}
	content, err := decompress(data)
	if err != nil {
		return Content{}, fmt.Errorf("%w: %w", ErrShardCorrupt, err)
	}
	if got := digestOf(content); got != digest {
		return Content{}, fmt.Errorf("%w: content has digest %s, wanted %.80s", ErrShardCorrupt, got, digest)
	}
	return Content{bytes: content}, nil
}

// Walk goes through the records in order. For each it first asks known, which may be
// nil, for the key of a record with exactly these raw bytes. If known returns one, the
// record is not decoded again; else it is decoded and given to fresh. So a tracker that
// has the previous shard pays for the changed records only.
//
// Walk fails with ErrShardCorrupt when a record is malformed, has not exactly the body
// of its kind, is out of order, occurs twice, or does not belong to the shard with that
// index. It also returns fresh's error. raw is only valid during the call.
func (c Content) Walk(index int, known func(raw []byte) (Key, bool), fresh func(r *Record, raw []byte) error) error {
	return walk(c.bytes, index, known, fresh)
}

// walk implements Walk on bytes. EncodeShard uses it on its own output, so that nothing
// is published that a tracker would refuse.
func walk(content []byte, index int, known func([]byte) (Key, bool), fresh func(*Record, []byte) error) error {
	order := order{shard: index}
	for len(content) > 0 {
		var r *Record
		key, rest, ok, err := skipKnown(content, known)
		if err == nil && !ok {
			r, rest, err = decodeFirst(content)
		}
		if err != nil {
			return fmt.Errorf("%w: %w", ErrShardCorrupt, err)
		}
		if r != nil {
			key = r.Key()
		}
		if err := order.add(key); err != nil {
			return fmt.Errorf("%w: %w", ErrShardCorrupt, err)
		}
		if r != nil {
			if err := fresh(r, content[:len(content)-len(rest)]); err != nil {
				return err
			}
		}
		content = rest
	}
	return nil
}

// skipKnown steps over the first record of content if known returns a key for its
// bytes.
func skipKnown(content []byte, known func([]byte) (Key, bool)) (key Key, rest []byte, ok bool, err error) {
	if known == nil {
		return Key{}, nil, false, nil
	}
	rest, err = decoding().UnmarshalFirst(content, &skip{})
	if err != nil {
		return Key{}, nil, false, err
	}
	key, ok = known(content[:len(content)-len(rest)])
	return key, rest, ok, nil
}

// decodeFirst decodes the first record of content.
func decodeFirst(content []byte) (*Record, []byte, error) {
	r := new(Record)
	rest, err := decoding().UnmarshalFirst(content, r)
	if err != nil {
		return nil, nil, err
	}
	return r, rest, r.validate()
}

// order checks that keys ascend and belong to one shard.
type order struct {
	shard int
	last  Key
	any   bool
}

// add checks the next key: it belongs to the shard and comes after the last one.
// Strictly ascending keys also rule out that a record occurs twice.
func (o *order) add(k Key) error {
	switch shard := ShardOf(k); {
	case o.shard == AnyShard:
		o.shard = shard
	case o.shard != shard:
		return fmt.Errorf("%s %s/%s belongs to shard %d, not %d", k.Kind, k.Network, k.ID, shard, o.shard)
	}
	if o.any && o.last.Compare(k) >= 0 {
		return fmt.Errorf("%s %s/%s is out of order or twice", k.Kind, k.Network, k.ID)
	}
	o.last, o.any = k, true
	return nil
}

// validate checks what every reader relies on; the meaning of fields is the
// compiler's to check.
func (r *Record) validate() error {
	if r.Network == "" || r.Name == "" || r.Key().ID == "" {
		return errors.New("a record without network, name or tracking id")
	}
	bodies := [...]bool{
		KindNetwork:         r.NetworkBody != nil,
		KindAdvertiser:      r.Advertiser != nil,
		KindPartner:         r.Partner != nil,
		KindOffer:           r.Offer != nil,
		KindGoal:            r.Goal != nil,
		KindPartnerPayout:   r.PartnerPayout != nil,
		KindPayoutStructure: r.Structure != nil,
	}
	for kind, present := range bodies {
		if present != (Kind(kind) == r.Kind) {
			return fmt.Errorf("%s %s/%s has not exactly the body of its kind", r.Kind, r.Network, r.Name)
		}
	}
	if r.Offer != nil && r.Offer.DefaultGoal == nil {
		return fmt.Errorf("%s %s/%s has no default goal", r.Kind, r.Network, r.Name)
	}
	return nil
}
