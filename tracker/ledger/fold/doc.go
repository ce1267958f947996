// Package fold applies the entries of the journal to the books, one after the other.
// It is where the order of the ledger's rules stands, once: the ledger folds into SQL,
// a replay into maps, an explanation into empty books.
//
// What comes in, and what happens, in this order:
//
//   - A visit (Arrived): it becomes known, and the postbacks that waited for it are
//     judged in the order of their arrival.
//   - A postback (Postback): one whose visit may still be on its way waits in Parking.
//     Any other is judged. Its case is what Known has under its keys: the visit, the
//     conversion of the same order, else of the same session, whether the session is
//     closed, when the identical postback was counted, and how far caps are used.
//     Package judge decides; the outcome is booked.
//   - A moderation (Moderate): judged against the conversion that occupies its keys now.
//   - A tick (Tick): holds that have ended are approved, then what has waited long
//     enough is judged without its visit.
//
// Booking moves the keys of a conversion to those that it occupies now, counts its
// caps up or down, closes its session, and hands the outcome to the Sink, which counts,
// delivers and writes.
//
// The invariant: the books are a function of the entries in their order. Nothing else is
// read: no clock, no configuration, no database. A Source brings what entries ask for
// into Known beforehand; how entries are grouped for that must not show in the outcome.
//
// A fold costs a few look-ups in maps for each postback, and for each tick what is due.
package fold
