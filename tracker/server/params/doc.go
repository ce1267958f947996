// Package params reads the parameters of tracker URLs. A table maps the names of a
// dialect to parameters, and one scanner reads query, form and JSON bodies with it,
// bounded and without allocating on the click path.
//
// Keys of postbacks are collected apart and are never among the raw parameters
// that the server journals. The server decides what the parameters mean.
//
// One pair passes these steps (Set.put):
//
//  1. Escapes are decoded once (query.go); a value without any is not copied.
//  2. The name is looked up as it is, then without what links suffer on their way: case,
//     blanks, a doubled separator, an & that was escaped for HTML (name.go).
//  3. A key goes to Keys. Everything else is kept as it came, where the log wants it.
//  4. A pair of no known name that looks like a piece of the value before continues it
//     (join): "&lt;" splits a value in two.
//  5. Blanks are cut off, as they are and escaped once more (trim.go), but for values that
//     go back as they came.
//  6. Of a name that comes twice the first counts, of synonyms the first that is filled in.
//
// Two questions about a value are answered beside that: whether it is a word for nothing,
// such as "undefined" (nothing.go), and whether it is a blank that the sender should have
// filled in, such as "[ORDER_ID]" (unfilled.go). docs/integrate.md lists what counts as
// which.
package params
