// Package column names each column of a table once, with the field of a row that it is
// written from and read into.
//
// A List is the columns of a table, or of a query, for one type of row. Statements take
// the names from it, Values fills in what is written, and Scan reads a row. Both go
// through the list in its order, so a column cannot be written to another one's place. A
// new column is a new line of the list.
//
// A value costs a call more than an assignment by hand; what is read into goes without
// allocation where the field has a type that drivers take, or is a number.
package column
