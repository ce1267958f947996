// Package visitor finds what an address and a User-Agent reveal: the country and
// the kind of device. Both answers come from kept libraries; both are remembered
// or interned, so that the click path neither parses nor allocates.
package visitor
