// Package money keeps amounts exact: decimal strings outside, int64 millionths
// inside, one rounding (half to even) at the end of a calculation, no float.
//
// It is pure and imports nothing of Waypost; pricing, the compiler, the trackers
// and the ledger all count in its types.
package money
