// Package plan says what a change of configuration means in money and in links,
// before it is merged: the engine of "waypost plan OLD NEW".
//
// It compares compiled records, so what it says is what trackers and ledger would
// do. Pure: records and a moment in, changes out. Neighbours: controllers/offline
// compiles the two directories, api/pricing selects the terms that are compared.
package plan
