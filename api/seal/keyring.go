package seal

import (
	"crypto/cipher"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"time"
)

const (
	// MaxKeys is how many keys a ring holds; ids are 1 to MaxKeys, so that one
	// fits four bits of a click id.
	MaxKeys = 15

	// SecretSize is the length of a sealing key in bytes.
	SecretSize = 32

	// RotationDelay is how far ahead a new key begins: mounted Secrets reach a
	// tracker up to a minute and a half late (measured), and an id must not be
	// made with a key that another tracker does not have yet.
	RotationDelay = 10 * time.Minute
)

// ErrFull reports that a ring has no free key id. Retire old keys first.
var ErrFull = errors.New("all 15 key ids are taken")

// ErrUnknownKey reports that something was sealed with a key that the ring does not
// hold, or no longer.
var ErrUnknownKey = errors.New("sealed with a key that this installation does not hold")

// Keyring is an immutable set of one to MaxKeys sealing keys. All methods may be
// called concurrently.
type Keyring struct {
	keys []*key // by notBefore, then id: the last one is the newest
	byID [MaxKeys + 1]*key
}

// key is one sealing key.
type key struct {
	id        uint8
	notBefore time.Time // UTC, whole seconds
	// material returns the secret and what is derived from it. It is a function
	// because fmt follows pointers where a verb is wrong for a type, even in
	// unexported fields, but never calls or follows a function.
	material func() *material
}

// material is what must not be seen.
type material struct {
	secret  [SecretSize]byte
	derived [purposes][SecretSize]byte
	link    cipher.AEAD
}

// Info is the public part of a key's description.
type Info struct {
	ID        uint8
	NotBefore time.Time
}

// New returns a ring with one fresh key that begins now.
func New(now time.Time) (*Keyring, error) {
	k, err := freshKey(1, now)
	if err != nil {
		return nil, err
	}
	return assemble([]*key{k})
}

// Rotate returns a ring with one key more, which begins RotationDelay after now.
// The old keys stay, so that what they sealed stays valid. Its error is ErrFull
// when no id is free.
func (r *Keyring) Rotate(now time.Time) (*Keyring, error) {
	id, ok := r.freeID()
	if !ok {
		return nil, fmt.Errorf("rotating sealing keys: %w; retire old keys first", ErrFull)
	}
	k, err := freshKey(id, now.Add(RotationDelay))
	if err != nil {
		return nil, err
	}
	return assemble(append(slices.Clone(r.keys), k))
}

// Retire returns a ring without the keys that sealed nothing for unusedFor before now:
// those whose successor began before that. The current key and those that are yet to
// begin always stay. What a retired key sealed is refused from then on, so unusedFor
// must be longer than the longest look-back; a negative one is an error.
func (r *Keyring) Retire(now time.Time, unusedFor time.Duration) (*Keyring, error) {
	if unusedFor < 0 {
		return nil, fmt.Errorf("retiring sealing keys: %s lies in the future", unusedFor)
	}
	first, before := 0, now.Add(-unusedFor)
	for first+1 < len(r.keys) && r.keys[first+1].notBefore.Before(before) {
		first++
	}
	return assemble(slices.Clone(r.keys[first:]))
}

// Current returns the id of the key to seal with at now: the newest that has
// begun. With a clock so wrong that none has, it is the oldest.
func (r *Keyring) Current(now time.Time) uint8 {
	current := r.keys[0]
	for _, k := range r.keys[1:] {
		if k.notBefore.After(now) {
			break
		}
		current = k
	}
	return current.id
}

// Keys lists the keys, oldest first, without their secrets.
func (r *Keyring) Keys() []Info {
	infos := make([]Info, len(r.keys))
	for i, k := range r.keys {
		infos[i] = Info{ID: k.id, NotBefore: k.notBefore}
	}
	return infos
}

// newest returns the key that begins last, even if it has not begun.
func (r *Keyring) newest() *key { return r.keys[len(r.keys)-1] }

// get returns the key with an id, or nil.
func (r *Keyring) get(id uint8) *key {
	if id > MaxKeys {
		return nil
	}
	return r.byID[id]
}

// freeID returns the id after the newest key's, going round, that is not taken:
// an id that was retired is used again as late as possible.
func (r *Keyring) freeID() (uint8, bool) {
	id := r.newest().id
	for range MaxKeys {
		id = id%MaxKeys + 1
		if r.byID[id] == nil {
			return id, true
		}
	}
	return 0, false
}

// freshKey makes a random key.
func freshKey(id uint8, notBefore time.Time) (*key, error) {
	var secret [SecretSize]byte
	if _, err := rand.Read(secret[:]); err != nil {
		return nil, fmt.Errorf("making a sealing key: %w", err)
	}
	return newKey(id, notBefore, secret)
}

// newKey derives the purposes of a secret.
func newKey(id uint8, notBefore time.Time, secret [SecretSize]byte) (*key, error) {
	m, err := derive(secret)
	if err != nil {
		return nil, fmt.Errorf("sealing key %d: %w", id, err)
	}
	return &key{id: id, notBefore: notBefore.UTC().Truncate(time.Second), material: func() *material { return m }}, nil
}

// assemble checks, sorts and indexes keys.
func assemble(keys []*key) (*Keyring, error) {
	if len(keys) == 0 || len(keys) > MaxKeys {
		return nil, fmt.Errorf("%d sealing keys: there must be 1 to %d", len(keys), MaxKeys)
	}
	r := &Keyring{keys: keys}
	for _, k := range keys {
		switch {
		case k.id < 1 || k.id > MaxKeys:
			return nil, fmt.Errorf("sealing key id %d: ids are 1 to %d", k.id, MaxKeys)
		case r.byID[k.id] != nil:
			return nil, fmt.Errorf("sealing key id %d occurs twice", k.id)
		}
		r.byID[k.id] = k
	}
	slices.SortFunc(r.keys, func(a, b *key) int {
		if c := a.notBefore.Compare(b.notBefore); c != 0 {
			return c
		}
		return int(a.id) - int(b.id)
	})
	return r, nil
}
