// Package offline reads manifests from files and reports what the API server and the
// operator would report: schema, defaults and CEL rules of the embedded custom resource
// definitions, then controllers/compile.
//
// It is the engine of "waypost validate" and "waypost plan", and the loader behind
// "waypost serve", for which it keeps the last good form of every file.
//
// # What comes in
//
// Directories of YAML and JSON files and the time of the load. Files hold Waypost's
// kinds and the Secrets that they name; objects of other groups are passed over,
// because other programs' manifests may stand beside them.
//
// # What happens
//
// Directory.Load works in this order:
//
//  1. Files are listed. A file is read if its size or time differs from the last look,
//     or if it was written so shortly before that look that its time proves nothing
//     (file.go). Equal content ends it there.
//  2. A file is cut into documents (document.go, manifest.go, locate.go), and each
//     object admitted as the API server does it: unknown fields, pruning, defaults,
//     schema, list types, CEL, immutable fields against the form that it replaces
//     (admission.go).
//  3. Declarations follow the files. Of an object that several files declare, the one
//     in the first file counts, and the others are findings (declarations.go).
//  4. The compiler gets what has come, changed and gone, and compiles. Its refusals
//     become findings at their place in the file, its verdicts replace earlier ones
//     (verdict.go).
//  5. Names that no object has become warnings (names.go), and the findings are sorted
//     by file and line.
//
// # What holds
//
// A file is taken whole or not at all, so half an edit is never served; TakeParts
// changes that for checks. The objects of a file that is bad, empty or unreadable stay
// as they last were. A file that is removed removes its objects. While a file has not
// been good since the start, nothing that was served before is taken for deleted.
// Records that have not changed are the same pointers as before.
//
// The validation is the API server's own code on the same definitions, so both agree;
// admission_test.go and apiserver_test.go compare them on the same manifests.
//
// # What it costs
//
// After the first time a load costs one stat a file, and work for what has changed.
// Steps of one object take some tenths of a millisecond; between them Load calls the
// pause of Between, because serve answers visitors on the same core.
package offline
