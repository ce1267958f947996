// Package ledgertest gives the tests of reports, API and console books to read: a
// ledger that folds what a test writes into a real database, as it would fold a
// journal. Package store/storetest has the databases.
package ledgertest
