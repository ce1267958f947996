// Package storetest gives tests the databases that the ledger runs on: SQLite in a
// temporary file, and a PostgreSQL server of their own, started once per test
// binary from what is installed (initdb and postgres on the PATH or in Debian's
// place). Packages that use it call Main from TestMain.
package storetest
