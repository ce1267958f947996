// Package ledger folds the journal into the books. It reads batches in order, brings
// what their entries ask for from the tables (loader), applies the entries (package
// fold, with package judge), and writes what has changed (changes), one transaction for
// a number of batches. A batch counts once however often it is read, by however many
// ledgers, and wherever one of them is killed.
//
// After each commit it publishes verdicts to the trackers, and caps that are used up.
// Package journal carries the entries, package store holds the tables; reports and the
// courier read them.
package ledger
