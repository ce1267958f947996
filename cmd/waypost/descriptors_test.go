package main

import (
	"math"
	"testing"
)

func TestConnectionsLeaveDescriptorsToTheRest(t *testing.T) {
	for files, want := range map[uint64]int{
		0: 1, 1024: 896, 65_536: 57_344, 1 << 20: mostConnections, math.MaxUint64: mostConnections, // the last is "unlimited"
	} {
		if got := connectionsOf(files); got != want {
			t.Errorf("%d open files leave %d connections, want %d", files, got, want)
		}
	}
}

func TestOneAddressLeavesConnectionsToTheOthers(t *testing.T) {
	for _, tt := range []struct{ flag, all, want int }{{0, 896, 448}, {0, 1, 1}, {100, 896, 100}} {
		f := publicFlags{perPeer: tt.flag}
		if got := f.limits(tt.all); got.ConnectionsPerPeer != tt.want || got.Connections != tt.all {
			t.Errorf("--connections-per-address %d of %d gives %+v", tt.flag, tt.all, got)
		}
	}
}
