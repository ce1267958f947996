package journal

import "fmt"

// Every batch carries the version of the format that its content needs. A ledger that does
// not read that version stops at the batch, before anything of it is folded, and goes on
// from there once it is a newer program: what money depends on is never passed over.
//
// A new kind of entry, and a new field that money depends on, raises formatVersion, and
// format reports it for the entries that have it. A field that no verdict and no amount
// depends on does not: older ledgers pass it over. testdata/fields.txt has each field with
// the version that knows it, and a field that is missing there turns a test red. Entries
// that need more than the first version are written only where every live ledger reads
// them (ledgers.go).
const (
	// firstVersion is read by every program.
	firstVersion = 1
	// secondVersion knows decisions that are about one status, end a hold or affirm what is
	// there, and order ids that are a word for nothing. A program of before it would carry
	// such a decision out on any conversion, and would count such an order as any other.
	secondVersion = 2
	// formatVersion is the newest version that this package reads and writes.
	formatVersion = secondVersion
)

// format returns the lowest version of the format that has all that the entry holds.
func (x *Entry) format() int {
	if m := x.Moderation; m != nil && (m.From != 0 || m.Release || m.Affirm) {
		return secondVersion
	}
	if p := x.Postback; p != nil && p.OrderIDMissing {
		return secondVersion
	}
	return firstVersion
}

// unsupported is the error of a batch of a newer format than this program reads.
func unsupported(version int) error {
	return fmt.Errorf("%w: it has format %d, this program reads up to %d", ErrUnsupported, version, formatVersion)
}
