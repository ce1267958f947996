package ledger

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/cespare/xxhash/v2"
)

// The books keep the fingerprints of the sealing keys. With other keys every click id in
// the wild is none, and every postback would be refused for good; so the journal is held
// until the keys are back, or until their loss is accepted. Rotated keys share some with
// those before them.

// errRekeyed is why following the journal ends: the keys are to be compared again.
var errRekeyed = errors.New("the sealing keys have changed")

// setKeys is Ledger.SetKeys.
func (x *matching) setKeys(fingerprints []string) {
	prints := strings.Join(fingerprints, " ")
	if old := x.keys.Swap(&prints); old == nil || *old != prints {
		select {
		case x.rekeyed <- struct{}{}:
		default:
		}
	}
}

// KeyCode names one loss of keys and no other, for Options.NewKeys: a flag that was left
// on permits no second loss.
func KeyCode(of ...string) string {
	return fmt.Sprintf("%08x", uint32(xxhash.Sum64String(strings.Join(of, "\n"))))
}

// checkKeys compares the keys with the books, which learn of those that were added.
func (x *matching) checkKeys(ctx context.Context) (*Mismatch, error) {
	select {
	case <-x.rekeyed:
	default:
	}
	now := x.keys.Load()
	if now == nil {
		return nil, nil
	}
	known, err := x.o.Store.KeyPrints(ctx)
	if err != nil || known == *now {
		return nil, err
	}
	// Keys that serve has just made anew are those that the first code permitted.
	codes := []string{KeyCode(known), KeyCode(known, *now)}
	if known != "" && !inCommon(known, *now) && !slices.Contains(codes, x.o.NewKeys) {
		return &Mismatch{Code: codes[1], keys: true}, nil
	}
	return nil, x.o.Store.PutKeyPrints(ctx, *now)
}

// inCommon reports whether two lists of fingerprints have one in common.
func inCommon(known, now string) bool {
	return slices.ContainsFunc(strings.Fields(now), func(p string) bool { return strings.Contains(known, p) })
}
