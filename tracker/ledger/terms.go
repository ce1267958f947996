package ledger

import (
	"context"
	"crypto/sha256"
	"fmt"

	"github.com/fxamacker/cbor/v2"
	"github.com/go-logr/logr"

	"github.com/waypost/waypost/tracker/journal"
	"github.com/waypost/waypost/tracker/ledger/fold"
	"github.com/waypost/waypost/tracker/ledger/judge"
	"github.com/waypost/waypost/tracker/ledger/store"
)

// canonical writes Terms and parked postbacks. It is immutable.
var canonical = func() cbor.EncMode {
	m, err := cbor.CoreDetEncOptions().EncMode()
	if err != nil {
		panic(err) // the options are constants
	}
	return m
}()

// decoding reads them back; text need not be UTF-8.
var decoding = func() cbor.DecMode {
	m, err := cbor.DecOptions{UTF8: cbor.UTF8DecodeInvalid, MaxArrayElements: 1 << 16, MaxMapPairs: 1 << 10}.DecMode()
	if err != nil {
		panic(err) // the options are constants
	}
	return m
}()

// termsCache finds configurations by their digest. The number of configurations
// that are in use at once is small; the cache is emptied when it grows large.
type termsCache struct {
	byHash map[judge.Key]*fold.Config
}

const maxTerms = 4096

func newTermsCache() termsCache { return termsCache{byHash: make(map[judge.Key]*fold.Config)} }

func (c *termsCache) room() {
	if len(c.byHash) > maxTerms {
		clear(c.byHash)
	}
}

// config returns what belongs to t. Equal Terms of several batches share it: their digest
// is over the canonical encoding, which is the same for equal content. The tables keep that
// encoding once, and conversions refer to it by the digest.
func (m *memory) config(t *journal.Terms) (*fold.Config, error) {
	body, err := canonical.Marshal(t)
	if err != nil {
		return nil, fmt.Errorf("encode the terms of offer %s: %w", t.Offer.Name, err)
	}
	sum := sha256.Sum256(body)
	hash := judge.Key(sum[:16])
	if known, ok := m.terms.byHash[hash]; ok {
		return known, nil
	}
	return m.newConfig(hash, t, body), nil
}

// decodeConfig returns the configuration that was kept as body.
func (m *memory) decodeConfig(hash judge.Key, body []byte) (*fold.Config, error) {
	t := new(journal.Terms)
	if err := decoding.Unmarshal(body, t); err != nil {
		return nil, fmt.Errorf("decode terms %x: %w", hash[:], err)
	}
	return m.newConfig(hash, t, nil), nil
}

func (m *memory) newConfig(hash judge.Key, t *journal.Terms, body []byte) *fold.Config {
	c := fold.NewConfig(t, hash, m.locations)
	c.Encoded = body
	m.terms.byHash[hash] = c
	return c
}

// loadConfigs reads the configurations of those digests that are not known.
func (m *memory) loadConfigs(ctx context.Context, tx *store.Tx, hashes []judge.Key) error {
	var missing wanted[judge.Key]
	for _, h := range hashes {
		_, known := m.terms.byHash[h]
		missing.add(h, known, store.KeyOf(h))
	}
	bodies, err := tx.Conversions.Terms(ctx, missing.keys)
	if err != nil {
		return err
	}
	for hash, body := range bodies {
		if _, err := m.decodeConfig(hash, body); err != nil {
			return err
		}
	}
	return nil
}

// configByHash returns the configuration of a digest. One that the tables lack is logged
// and becomes empty terms, which pay nothing.
func (m *memory) configByHash(ctx context.Context, tx *store.Tx, hash judge.Key, log logr.Logger) (*fold.Config, error) {
	if err := m.loadConfigs(ctx, tx, []judge.Key{hash}); err != nil {
		return nil, err
	}
	if c := m.terms.byHash[hash]; c != nil {
		return c, nil
	}
	// It can only have been lost by hand. Nothing is paid by terms that are unknown.
	log.Error(nil, "the terms of a conversion are missing", "terms", hash)
	return m.config(&journal.Terms{})
}
