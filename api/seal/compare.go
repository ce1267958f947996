package seal

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/cespare/xxhash/v2"
)

// Lost returns the print of the newest known key that has begun at a time, if it is not
// among those that there are, and else "". Both are Fingerprints, separated by blanks.
//
// Keys are retired from the oldest on and the newest in use stays, so a ring without that
// one is another's, or an older copy. A key that has yet to begin has made nothing: a
// Secret that is mounted later on one pod than on another lacks it, and so does a rotation
// that was taken back. Fingerprints of earlier versions carry no time.
func Lost(known, there string, at time.Time) string {
	list := strings.Fields(known)
	for i := range list {
		mark, begins, _ := strings.Cut(list[len(list)-1-i], "@")
		seconds, _ := strconv.ParseInt(begins, 10, 64) // without a time it has begun
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

// LossCode names one loss of keys and no other, for the flag that accepts it: one that was
// left on permits no second loss.
func LossCode(of ...string) string {
	return fmt.Sprintf("%08x", uint32(xxhash.Sum64String(strings.Join(of, "\n"))))
}
