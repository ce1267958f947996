// Package compile turns the objects of networks into the records that trackers
// serve, and into a verdict per object.
//
// It is pure: objects and a time go in, records and verdicts come out; there is
// no client and no clock. It is incremental: a changed object costs itself and
// what depends on it, and the result is the one that a compilation from scratch
// gives. The operator publishes its records and writes its verdicts into status;
// controllers/offline runs it on a directory of manifests.
package compile
