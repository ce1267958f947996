package ledger

import (
	"crypto/sha256"
	"fmt"
	"time"

	"github.com/fxamacker/cbor/v2"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/tracker/journal"
	"github.com/waypost/waypost/tracker/ledger/judge"
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

// config is the Terms of postbacks with what the fold derives from them once.
type config struct {
	*journal.Terms
	hash judge.Key
	body []byte // set until it is known to be in the tables
	zone *time.Location
	caps []capRef // those on conversions
}

// termsCache finds configurations by their digest. The number of configurations
// that are in use at once is small; the cache is emptied when it grows large.
type termsCache struct {
	byHash map[judge.Key]*config
}

const maxTerms = 4096

func newTermsCache() termsCache { return termsCache{byHash: make(map[judge.Key]*config)} }

func (c *termsCache) room() {
	if len(c.byHash) > maxTerms {
		clear(c.byHash)
	}
}

// config returns what belongs to t. Equal Terms of several batches share it.
func (m *memory) config(t *journal.Terms) (*config, error) {
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
func (m *memory) decodeConfig(hash judge.Key, body []byte) (*config, error) {
	t := new(journal.Terms)
	if err := decoding.Unmarshal(body, t); err != nil {
		return nil, fmt.Errorf("decode terms %x: %w", hash[:], err)
	}
	return m.newConfig(hash, t, nil), nil
}

func (m *memory) newConfig(hash judge.Key, t *journal.Terms, body []byte) *config {
	c := &config{Terms: t, hash: hash, body: body, zone: m.location(t.Offer.TimeZone)}
	c.caps = capRefs(t.Offer.Caps, t.Offer.TimeZone, func(metric snapshot.CapMetric) bool {
		return metric == snapshot.CapConversions || metric == snapshot.CapPayout || metric == snapshot.CapRevenue
	})
	m.terms.byHash[hash] = c
	return c
}
