// Package macro parses URL templates and expands the macros in them: {name}, #name#
// (CAKE) and <TRACKER> (generic networks).
//
// It is pure. The compiler parses every configured URL, so that an unknown macro is
// refused in status; trackers and the courier expand the same templates, a value always
// percent-encoded for the place where it stands, so that a visitor's value never leaves
// its place: not the host, the path segment or the parameter.
//
// Parse works in this order: the origin (scheme and host) is split off and checked, and
// may hold no macro, so that a visitor's value never chooses the host. The rest is read
// once, character by character, into parts of literal text and macros, for path, query
// and fragment apart. A bracket that begins no macro is an error, because sent
// literally it would look like a postback of a broken integration. A Template is
// immutable and may be expanded concurrently.
package macro
