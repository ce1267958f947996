// Package admission holds the tests of the custom resources on a real API server: what
// it accepts, what it refuses and with which words, which defaults it sets, which
// fields are immutable, how server-side apply merges lists.
//
// It has no code of its own. The manifests in testdata are also what the offline
// validation is compared with.
package admission
