// Package pricing decides which payout and revenue a conversion gets, and why.
//
// It works in two pure steps. A tracker, which has the configuration, selects the terms
// that can apply to (partner, offer, goal) at a moment; they travel in the journal. The
// ledger, which has the click and the amount, prices the conversion from those terms
// alone, and gets the path that was taken. So an entry can be priced again at any time
// without the snapshot it came from.
//
// Payout and revenue are decided side by side and independently. For each side the first
// of these that gives it decides (docs/payouts.md):
//
//  1. The goal is private: the payout is 0. Revenue goes on below (S1-12).
//  2. The one override of the partner for this offer and goal whose window holds the
//     moment; of several the one that began last (override.go).
//  3. The goal's payout structure: the first rule whose conditions all hold (S1-18).
//  4. The partner's tier, where the goal has terms for it and no structure.
//  5. The goal's own terms.
//
// Select decides 1, 2 and 4, and leaves out rules for other partners; Price decides 3 and
// calculates flat + percent of the amount, rounded once. A rule or an override that does
// not give the side passes it on; the former to the goal's own terms, the latter to 3.
package pricing
