package query

import (
	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/tracker/journal"
)

// Status is the status of a conversion, as answers write it.
type Status string

// The statuses.
const (
	Approved Status = "approved"
	Pending  Status = "pending"
	Hold     Status = "hold"
	Rejected Status = "rejected"
)

// Statuses are all of them, in the order in which the rollups have them.
var Statuses = [...]Status{Approved, Pending, Hold, Rejected}

var statusNumbers = map[Status]snapshot.ConversionStatus{
	Approved: snapshot.StatusApproved, Pending: snapshot.StatusPending, Hold: snapshot.StatusHold, Rejected: snapshot.StatusRejected,
}

// Number is how tables and journal write the status.
func (s Status) Number() snapshot.ConversionStatus { return statusNumbers[s] }

func statusOf(n snapshot.ConversionStatus) Status {
	for s, number := range statusNumbers {
		if number == n {
			return s
		}
	}
	return "" // the beginning of a history
}

func readStatus(n int64, to *Status) error {
	*to = statusOf(snapshot.ConversionStatus(n))
	return nil
}

func numbers(list []Status) []any {
	out := make([]any, len(list))
	for i, s := range list {
		out[i] = int64(s.Number())
	}
	return out
}

// Via is the door that a postback came through.
type Via string

// The doors.
const (
	ViaServer Via = "server"
	ViaImage  Via = "image"
	ViaIFrame Via = "iframe"
	ViaClick  Via = "click"
)

// Vias are all doors, in the order of the journal's numbers.
var Vias = [...]Via{journal.ViaServer: ViaServer, journal.ViaImage: ViaImage, journal.ViaIFrame: ViaIFrame, journal.ViaClick: ViaClick}

func readVia(n int64, to *Via) error {
	if *to = ""; n >= 0 && n < int64(len(Vias)) {
		*to = Vias[n]
	}
	return nil
}

func viaNumbers(list []Via) []any {
	var out []any
	for n, v := range Vias {
		for _, want := range list {
			if v == want {
				out = append(out, int64(n))
			}
		}
	}
	return out
}
