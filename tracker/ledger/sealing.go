package ledger

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/waypost/waypost/api/seal"
)

// The books keep the fingerprints of the sealing keys. With other keys every click id in
// the wild is none, and every postback would be refused for good; so the journal is held
// until the keys are back, or until their loss is accepted.

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
	codes := []string{seal.LossCode(known), seal.LossCode(known, *now)}
	if missing := seal.Lost(known, *now, x.o.Now()); missing != "" && !slices.Contains(codes, x.o.NewKeys) {
		return &Mismatch{Code: codes[1], problem: missing, keys: true}, nil
	}
	return nil, x.o.Store.PutKeyPrints(ctx, *now)
}
