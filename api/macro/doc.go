// Package macro parses URL templates and expands the macros in them: {name}, #name#
// (CAKE) and <TRACKER> (generic networks).
//
// It is pure. The compiler parses every configured URL, so that an unknown macro is
// refused in status. Trackers and the courier expand the same templates. A value is
// always percent-encoded for the place where it stands, so that a visitor's value never
// leaves its place: not the host, the path segment or the parameter.
//
// Parse works in this order. The origin (scheme and host) is split off and checked; it
// may hold no macro, so that a value never chooses the host. The rest is read once,
// from left to right, into parts of literal text and macros, for path, query and
// fragment apart. A bracket that begins no macro is an error, so that no misspelled
// macro is ever sent literally. A Template is immutable and may be expanded
// concurrently.
package macro
