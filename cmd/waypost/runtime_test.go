package main

import "testing"

// The operator adds to a registry to which controller-runtime has added, and may
// begin anew in the same process.
func TestShowRuntime(t *testing.T) {
	for range 2 {
		if err := showRuntime(); err != nil {
			t.Fatal(err)
		}
	}
}
