// Package ledger folds the journal into the books. It reads batches in order, brings
// what their entries ask for from the tables (loader), applies the entries (package
// fold, with package judge), and writes what has changed (changes), one transaction for
// a number of batches. A batch counts once however often it is read, by however many
// ledgers, and wherever one of them is killed.
//
// One goroutine folds. For each group of batches it goes through these steps:
//
//   - remember: the memory of the tables is read, unless that of the last commit is there.
//   - Begin: the row of the position moves from where the memory is to the group's end. Where
//     another ledger has moved it, the group ends with store.ErrMoved and begins anew.
//   - unseen: batches that were folded before, by the sequence of their writer, are left out.
//   - prepare: what all entries of the group ask for is read, with few statements.
//   - fold: the entries are applied in their order. A tick first writes what has changed,
//     because it asks the tables which holds end.
//   - flush and commit: everything that has changed is written, in bulk.
//
// A group that fails is rolled back, the memory with it, and tried again for ever. The
// invariant: the tables are a function of the entries up to their position. How batches
// fall into groups, and which ledger folds them, does not show.
//
// Helpers run beside the fold: the ticker brings time into the journal, the trimmer drops
// what is folded and old, the publisher sends the states of caps.
//
// After each commit it publishes verdicts to the trackers, and caps that are used up.
// Package journal carries the entries, package store holds the tables; reports and the
// courier read them.
package ledger
