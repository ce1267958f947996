package store

// owner is what the rows of a table follow from, which decides what a rebuild does.
type owner int

const (
	// fromJournal: the rows follow from the journal alone. A rebuild empties the table and
	// folds the journal into it again.
	fromJournal owner = iota
	// fromOperation: the rows follow from what happened outside of the journal: calls that
	// were made, and what people keep. A rebuild leaves the table as it is, and a backup
	// or a copy has to carry it.
	fromOperation
	// ownPosition: the one row of the ledger, which a rebuild sets back.
	ownPosition
)

// tableInfo is what rebuilds and copies have to know of a table.
type tableInfo struct {
	name string
	// key are the columns of the primary key: they order the rows alike on each engine.
	key  string
	from owner
	// daily reports that PostgreSQL keeps each day of rows in a partition.
	daily bool
}

// allTables are the tables of both engines, in an order in which a copy may be made. Only
// the visitors are not among them: each engine has a form of its own for them (claim).
// A table that is missing here turns a test red, so that none is forgotten by a rebuild
// or left behind by a copy.
var allTables = []tableInfo{
	{name: "ledger", key: "one", from: ownPosition},
	{name: "boots", key: "boot"},
	{name: "cells", key: "id"},
	{name: "goals", key: "network, offer, goal"},
	{name: "zones", key: "network, since"},
	{name: "terms", key: "hash"},
	{name: "clicks", key: "day, id", daily: true},
	{name: "impressions", key: "day, id", daily: true},
	{name: "visit_kinds", key: "id"},
	{name: "past_visits", key: "bucket, cell, source, country, device"},
	{name: "sessions", key: "id"},
	{name: "conversions", key: "id"},
	{name: "repeats", key: "repeat"},
	{name: "parked", key: "id"},
	{name: "postbacks", key: "id"},
	{name: string(Quarters), key: "bucket, cell"},
	{name: string(Days), key: "bucket, cell"},
	{name: "caps", key: "network, offer, cap, definition, partner, starts"},
	{name: "deliveries", key: "id", from: fromOperation},
	{name: "delivery_targets", key: "id", from: fromOperation},
}
