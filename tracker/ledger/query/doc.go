// Package query reads the ledger's tables: reports, conversions, the server-postback
// log, clicks and deliveries, each filtered and paged.
//
// A list is one query. Its rows are columns (package store/column), its filter is
// conditions (where), its page ends before the id that the cursor holds: ids sort by time.
//
// A report is read in one snapshot. The time that it covers is cut into parts (plan):
// whole days come from the rollup by day, whole quarters of an hour from the other one,
// and what is left at both ends, or what only rows hold, from the rows (scan). Parts are
// added up in memory by line and piece of time (tally) and sorted into rows (layout). The
// sum is the same however the time was cut. It costs what the rollups hold, not the events.
//
// A Scope is how much a caller sees; what a partner must not see is left out here. The
// package holds SQL and the meaning of the tables (see SCHEMA.md in package store), and no
// HTTP: packages api and console show what it finds.
package query
