// Package query reads what the ledger's tables say: reports, conversions, the
// server-postback log, clicks and deliveries, each filtered and paged.
//
// It knows SQL and the meaning of the tables (see SCHEMA.md in package store), and
// what a caller may see of them; it knows no HTTP. Packages api and console
// show what it finds.
package query
