package snapshot

import (
	"fmt"
	"sync"

	"github.com/fxamacker/cbor/v2"
)

// Bounds of one record, well above what the resource definitions allow, so that
// hostile bytes cost little and a wider definition does not need a new schema.
const (
	maxListLength = 16 << 10
	maxMapPairs   = 64
	maxNesting    = 16
)

// encoding is core deterministic CBOR (RFC 8949 §4.2.1): equal records give
// equal bytes. Nil and empty lists are one thing.
var encoding = sync.OnceValue(func() cbor.EncMode {
	opts := cbor.CoreDetEncOptions()
	opts.NilContainers = cbor.NilContainerAsEmpty
	return must(opts.EncMode())
})

// decoding ignores unknown keys, so that a field can be added without a new
// schema, and refuses everything that encoding never writes.
var decoding = sync.OnceValue(func() cbor.DecMode {
	return must(cbor.DecOptions{
		DupMapKey:        cbor.DupMapKeyEnforcedAPF,
		MaxNestedLevels:  maxNesting,
		MaxArrayElements: maxListLength,
		MaxMapPairs:      maxMapPairs,
		IndefLength:      cbor.IndefLengthForbidden,
		TagsMd:           cbor.TagsForbidden,
		NaN:              cbor.NaNDecodeForbidden,
		Inf:              cbor.InfDecodeForbidden,
	}.DecMode())
})

// must unwraps what only a wrong constant in this file can make fail; the tests
// would not get past it.
func must[T any](v T, err error) T {
	if err != nil {
		panic(fmt.Sprintf("snapshot: codec options: %v", err))
	}
	return v
}

// skip takes any CBOR item without looking into it; decoding into it finds where
// an item ends.
type skip struct{}

// UnmarshalCBOR implements cbor.Unmarshaler.
func (skip) UnmarshalCBOR([]byte) error { return nil }
