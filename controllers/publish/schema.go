package publish

import (
	"errors"
	"fmt"
	"slices"
)

// ErrNoCommonSchema is returned when some tracker reads no schema version that this
// operator writes.
var ErrNoCommonSchema = errors.New("no common schema version")

// negotiate returns the highest schema version that the operator writes and
// every tracker reads. A tracker that names none reads the first, which is from
// before they were named.
func negotiate(writes []int, trackers [][]int) (int, error) {
	for _, version := range slices.Backward(writes) {
		if readByAll(version, trackers) {
			return version, nil
		}
	}
	return 0, fmt.Errorf("%w: this operator writes %v, the trackers read %v; update the trackers first", ErrNoCommonSchema, writes, trackers)
}

func readByAll(version int, trackers [][]int) bool {
	for _, reads := range trackers {
		if len(reads) == 0 {
			reads = []int{1}
		}
		if !slices.Contains(reads, version) {
			return false
		}
	}
	return true
}
