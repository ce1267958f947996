// Package ledger folds the journal into the books: it reads batches in order,
// lets package judge decide, and keeps the result with package store, one
// transaction for each group of batches. A batch counts once however often it is
// read, by however many ledgers, and wherever one of them is killed.
//
// After each commit it publishes verdicts to the trackers, and caps that are used
// up. Package journal carries the entries; reports and the courier read the tables.
package ledger
