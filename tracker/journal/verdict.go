package journal

import (
	"errors"
	"fmt"

	"github.com/waypost/waypost/api/money"
)

// ErrNotDurable means that a postback is not known to be on disk: it is answered
// 503 and repeated by the caller. It may still become durable later; it is then
// judged, and the repetition is a duplicate.
var ErrNotDurable = errors.New("not durable in the journal in time")

// ErrTooLarge means that an entry is larger than any journal takes.
var ErrTooLarge = errors.New("entry too large for the journal")

// Verdict is what became of one postback; see docs/rules.md, "Verdicts".
type Verdict struct {
	Verdict string `cbor:"1,keyasint"` // approved, pending, hold, rejected, refused
	Reason  string `cbor:"2,keyasint,omitempty"`
	// Conversion is the id of the conversion that was recorded or found, "" if none.
	Conversion string       `cbor:"3,keyasint,omitempty"`
	Goal       string       `cbor:"4,keyasint,omitempty"` // declared value
	Payout     money.Amount `cbor:"5,keyasint,omitempty"`
	Revenue    money.Amount `cbor:"6,keyasint,omitempty"`
	Currency   string       `cbor:"7,keyasint,omitempty"`
	Config     string       `cbor:"8,keyasint,omitempty"` // digest of the snapshot it was priced with
	// Known is false while no ledger has judged: the answer is 202 queued.
	Known bool `cbor:"-"`
}

// Verdicts are those of the ledger on one batch, sent to the batch's reply
// subject after the transaction that holds them has been committed. They may be lost.
type Verdicts struct {
	BootID   BootID        `cbor:"1,keyasint"`
	Sequence uint64        `cbor:"2,keyasint"`
	Items    []VerdictItem `cbor:"3,keyasint"`
}

// VerdictItem is the verdict on the entry with the index Entry in its batch.
type VerdictItem struct {
	_       struct{} `cbor:",toarray"`
	Entry   int
	Verdict Verdict
}

func encodeVerdicts(v Verdicts) ([]byte, error) {
	data, err := encMode.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encode verdicts: %w", err)
	}
	return data, nil
}

func decodeVerdicts(data []byte) (Verdicts, error) {
	var v Verdicts
	if err := decMode.Unmarshal(data, &v); err != nil {
		return Verdicts{}, fmt.Errorf("decode verdicts: %w", err)
	}
	return v, nil
}
