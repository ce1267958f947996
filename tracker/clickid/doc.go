// Package clickid makes and opens click and impression ids: 37 bytes, 50
// characters, authenticated, read without any look-up. docs/click-id.md
// describes the layout.
//
// tracker/server mints and opens ids, the ledger and `waypost explain` open them.
// The keys come from api/seal, the hashes of offer and partner from api/snapshot.
package clickid
