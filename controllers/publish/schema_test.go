package publish

import (
	"errors"
	"testing"
)

func TestNegotiate(t *testing.T) {
	tests := []struct {
		name     string
		writes   []int
		trackers [][]int
		want     int
	}{
		{"no tracker: the newest", []int{1, 2, 3}, nil, 3},
		{"all know the newest", []int{1, 2, 3}, [][]int{{1, 2, 3}, {2, 3, 4}}, 3},
		{"one is old", []int{1, 2, 3}, [][]int{{1, 2, 3}, {1, 2}}, 2},
		{"one is from before versions were named", []int{1, 2}, [][]int{nil, {1, 2}}, 1},
		{"a tracker that dropped the old one", []int{1}, [][]int{{2, 3}}, 0},
		{"two that exclude each other", []int{1, 2}, [][]int{{1}, {2}}, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := negotiate(tt.writes, tt.trackers)
			if got != tt.want || errors.Is(err, ErrNoCommonSchema) != (tt.want == 0) {
				t.Errorf("negotiate() = %d, %v; want %d", got, err, tt.want)
			}
		})
	}
}
