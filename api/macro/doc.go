// Package macro parses URL templates and expands the macros in them: {name},
// #name# (CAKE) and <TRACKER> (generic networks).
//
// It is pure. The compiler parses every configured URL, so that an unknown macro
// is refused in status; trackers and the courier expand the same templates, a
// value always percent-encoded for the place where it stands, so that a visitor's
// value never leaves its place: not the host, the path segment or the parameter.
package macro
