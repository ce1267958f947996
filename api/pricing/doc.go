// Package pricing decides which payout and revenue a conversion gets, and why.
//
// It works in two pure steps. A tracker, which has the configuration, selects the terms
// that can apply to (partner, offer, goal) at a moment; they travel in the journal. The
// ledger, which has the click and the amount, prices the conversion from those terms
// alone, and gets the path that was taken. So an entry can be priced again at any time
// without the snapshot it came from.
package pricing
