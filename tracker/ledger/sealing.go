package ledger

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cespare/xxhash/v2"
)

// The books keep the fingerprints of the sealing keys. With other keys every click id in
// the wild is none, and every postback would be refused for good; so the journal is held
// until the keys are back, or until their loss is accepted. Keys are retired from the
// oldest on and the newest in use stays, so keys without that one are another's, or an
// older copy. One that has yet to begin has made nothing: a Secret that is mounted later
// on one pod than on another lacks it, and so does a rotation that was taken back.

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
	if missing := keyMissing(known, *now, x.o.Now()); missing != "" && !slices.Contains(codes, x.o.NewKeys) {
		return &Mismatch{Code: codes[1], problem: missing, keys: true}, nil
	}
	return nil, x.o.Store.PutKeyPrints(ctx, *now)
}

// keyMissing returns the fingerprint of the newest known key that has begun at a time, if
// it is not among those that there are, and else "". Prints of earlier versions carry no
// time.
func keyMissing(known, there string, at time.Time) string {
	list := strings.Fields(known)
	for i := range list {
		mark, begins, _ := strings.Cut(list[len(list)-1-i], "@")
		seconds, _ := strconv.ParseInt(begins, 10, 64) // none has begun
		switch {
		case seconds > at.Unix():
		case strings.Contains(there, mark):
			return ""
		default:
			return mark
		}
	}
	return ""
}
