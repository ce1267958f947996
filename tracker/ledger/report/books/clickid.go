package books

import (
	"encoding/binary"
	"time"

	"github.com/waypost/waypost/tracker/clickid"
	"github.com/waypost/waypost/tracker/ledger/store"
)

// readID tells what the id of a click or an impression says of itself; false if
// it cannot be one. It proves nothing: who asks for an id shows only rows that
// were written under it.
func readID(text string) (kind clickid.Kind, at time.Time, ok bool) {
	raw := store.VisitID(text)
	if len(raw) != clickid.Size || raw[0] == 0 {
		return 0, time.Time{}, false
	}
	return clickid.Kind(raw[0] >> 6), time.Unix(int64(binary.BigEndian.Uint32(raw[1:])), 0), true
}

// clockSkew is how far the clocks of two trackers may be apart.
const clockSkew = time.Minute

// notBefore bounds ids that sort by time by what can follow a click. Something
// that is no click id was never accepted with one, and is in the log only; it
// bounds nothing.
func notBefore(w *where, column, click string) {
	if _, at, ok := readID(click); ok {
		w.add(column+" >= ?", firstID(at.Add(-clockSkew)))
	}
}
