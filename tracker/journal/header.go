package journal

import (
	"crypto/rand"
	"encoding/hex"
	"strconv"
)

// BootID names one life of one writer. A restarted process is a new writer.
type BootID [16]byte

// NewBootID returns a random boot id.
func NewBootID() BootID {
	var id BootID
	// crypto/rand.Read never fails since Go 1.24; it ends the process instead.
	_, _ = rand.Read(id[:])
	return id
}

// String returns the id in hexadecimal, for subjects and logs.
func (id BootID) String() string { return hex.EncodeToString(id[:]) }

// Header begins every batch and names its writer.
type Header struct {
	// Version is that of the format that the entries need, set by the encoder.
	Version int `cbor:"1,keyasint"`
	// Writer is the name of the tracker (or ledger) that wrote the batch, for people.
	Writer string `cbor:"2,keyasint,omitempty"`
	// BootID and Sequence identify the batch. Sequences of one boot id begin at 1
	// and grow in the order of the journal; a batch whose sequence is not above the
	// last one seen of its boot id is a repetition and is passed over whole.
	BootID   BootID `cbor:"3,keyasint"`
	Sequence uint64 `cbor:"4,keyasint"`
	// Reply is the core NATS subject where the writer waits for Verdicts, "" if it
	// does not wait.
	Reply string `cbor:"5,keyasint,omitempty"`
}

// MessageID is the batch's identity for JetStream's own window of duplicates.
func (h Header) MessageID() string {
	return h.BootID.String() + "-" + strconv.FormatUint(h.Sequence, 10)
}
