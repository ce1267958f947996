package journal

import (
	"errors"
	"fmt"
	"time"

	"github.com/fxamacker/cbor/v2"
)

// Bounds of what DecodeBatch accepts. A Writer stays far below them.
const (
	// MaxBatchBytes bounds one batch, after decompression.
	MaxBatchBytes = 16 << 20
	// MaxBatchEntries bounds the entries of one batch.
	MaxBatchEntries = 1 << 16
)

// Errors of DecodeBatch. An unsupported version calls for a newer binary and must
// stop the reader; a malformed batch can only be passed over.
var (
	ErrMalformed   = errors.New("malformed journal batch")
	ErrUnsupported = errors.New("journal batch of a newer format, upgrade this program first")
)

// Batch is what one writer put into the journal at once, in order.
type Batch struct {
	Header
	Entries []Entry
	// Position is the batch's place in the journal (its stream sequence, from 1)
	// and Stored when the journal took it; both are set by a Reader only.
	Position uint64
	Stored   time.Time
	// Digest identifies the batch as the journal holds it, never 0. Set by a Reader only.
	Digest uint64
	// Missing is how many batches before this one are gone from the journal though
	// they were never read: trimmed, or deleted by hand. Set by a Reader only.
	Missing uint64
	// Malformed says why the batch could not be decoded; its Entries are then
	// empty. Set by a Reader only: it is logged, counted and passed over.
	Malformed error
}

// Weight is how much memory the entries take until they are folded, in clicks: a postback
// takes as much as two, with what it is judged by.
func (b *Batch) Weight() int {
	n := len(b.Entries)
	for i := range b.Entries {
		if b.Entries[i].Postback != nil {
			n++
		}
	}
	return n
}

// decMode is bounded and takes text that is not UTF-8 as it came from the wire:
// it is data of strangers. Unknown fields are passed over. It is immutable.
var decMode = func() cbor.DecMode {
	m, err := cbor.DecOptions{
		MaxNestedLevels:  16,
		MaxArrayElements: 1 << 16,
		MaxMapPairs:      1 << 10,
		IndefLength:      cbor.IndefLengthForbidden,
		TagsMd:           cbor.TagsForbidden,
		UTF8:             cbor.UTF8DecodeInvalid,
	}.DecMode()
	if err != nil {
		panic(err) // the options are constants
	}
	return m
}()

// DecodeBatch reads a batch as a Writer wrote it. Entries that shared a Context or
// Terms share the pointer again. Items and fields of a newer writer are passed
// over; an unknown entry stays as an empty Entry, so that an entry's index is the
// same on both sides. It never panics. Errors wrap ErrMalformed or ErrUnsupported.
func DecodeBatch(data []byte) (*Batch, error) { return decodeBatch(data, new(definitions)) }

// decodeBatch is DecodeBatch with what earlier batches defined.
func decodeBatch(data []byte, known *definitions) (*Batch, error) {
	data, err := inflate(data)
	if err != nil {
		return nil, err
	}
	d := decoder{batch: &Batch{}, known: known}
	rest, err := decMode.UnmarshalFirst(data, &d.batch.Header)
	if err != nil {
		return nil, fmt.Errorf("%w: header: %w", ErrMalformed, err)
	}
	if err := d.batch.check(); err != nil {
		return nil, err
	}
	d.data, d.in.text = rest, string(rest)
	for n := 0; d.in.at < len(d.data); n++ {
		if err := d.item(); err != nil {
			return nil, fmt.Errorf("%w: item %d: %w", ErrMalformed, n, err)
		}
	}
	return d.batch, nil
}

func (h Header) check() error {
	switch {
	case h.Version > formatVersion:
		return unsupported(h.Version)
	case h.Version < 1:
		return fmt.Errorf("%w: version %d", ErrMalformed, h.Version)
	case h.Sequence == 0:
		return fmt.Errorf("%w: no sequence", ErrMalformed)
	}
	return nil
}

// decoder reads the items of one batch.
type decoder struct {
	batch *Batch
	// data are the items, and in is where among them the decoder is.
	data     []byte
	in       cursor
	known    *definitions
	contexts []*Context
	terms    []*Terms
}

var errItem = errors.New("it is no array of kind, reference and body")

// item reads one item: [kind, reference, body].
func (d *decoder) item() error {
	major, n, ok := d.in.head()
	kind, hasKind := d.in.uint()
	ref, hasRef := d.in.uint()
	if !ok || !hasKind || !hasRef || major != majorArray || n != 3 {
		return errItem
	}
	if kind < firstEntry {
		return d.define(kind, ref)
	}
	if len(d.batch.Entries) >= MaxBatchEntries {
		return fmt.Errorf("more than %d entries", MaxBatchEntries)
	}
	x, err := d.entry(kind, ref)
	if err != nil {
		return err
	}
	d.batch.Entries = append(d.batch.Entries, x)
	return nil
}

// library decodes the data item at hand into v.
func (d *decoder) library(v any) error {
	rest, err := decMode.UnmarshalFirst(d.data[d.in.at:], v)
	d.in.at = len(d.data) - len(rest)
	return err
}

// passedOver is a data item that is measured and not read; cbor.RawMessage would copy it.
type passedOver struct{}

// UnmarshalCBOR takes whatever there is.
func (*passedOver) UnmarshalCBOR([]byte) error { return nil }

// raw returns the data item at hand as it is written.
func (d *decoder) raw() ([]byte, error) {
	from := d.in.at
	err := d.library(new(passedOver))
	return d.data[from:d.in.at], err
}

func (d *decoder) define(kind, ref uint64) error {
	body, err := d.raw()
	if err != nil {
		return err
	}
	switch kind {
	case itemContext:
		return define(&d.contexts, ref, &d.known.contexts, body)
	case itemTerms:
		return define(&d.terms, ref, &d.known.terms, body)
	}
	return nil
}

// define appends a definition, whose number must be the next one.
func define[T any](list *[]*T, ref uint64, known *memo[T], body []byte) error {
	if ref != uint64(len(*list))+1 {
		return fmt.Errorf("definition %d is out of order", ref)
	}
	v, err := known.decode(body)
	*list = append(*list, v)
	return err
}

// lookup returns the definition with the number ref, nil for 0.
func lookup[T any](list []*T, ref uint64) (*T, error) {
	switch {
	case ref == 0:
		return nil, nil
	case ref > uint64(len(list)):
		return nil, fmt.Errorf("reference to definition %d, which is missing", ref)
	}
	return list[ref-1], nil
}

func (d *decoder) entry(kind, ref uint64) (x Entry, err error) {
	switch kind {
	case itemClick:
		x.Click = new(Click)
		if x.Click.Context, err = lookup(d.contexts, ref); err == nil {
			err = d.click(x.Click)
		}
	case itemImpression:
		x.Impression = new(Impression)
		if x.Impression.Context, err = lookup(d.contexts, ref); err == nil {
			err = d.impression(x.Impression)
		}
	case itemPostback:
		x.Postback = new(Postback)
		if x.Postback.Terms, err = lookup(d.terms, ref); err == nil {
			err = d.library(x.Postback)
		}
	case itemModeration:
		x.Moderation = new(Moderation)
		err = d.library(x.Moderation)
	case itemTick:
		x.Tick = new(Tick)
		err = d.library(x.Tick)
	default:
		_, err = d.raw()
	}
	return x, err
}
