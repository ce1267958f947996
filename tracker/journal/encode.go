package journal

import (
	"bytes"
	"cmp"
	"fmt"

	"github.com/cespare/xxhash/v2"
	"github.com/fxamacker/cbor/v2"
)

// The kinds of items after the header. Those below firstEntry define something
// that entries refer to, the others are entries and are counted. The numbers are
// part of the format and never reused.
const (
	itemContext    = 1
	itemTerms      = 2
	firstEntry     = 8
	itemClick      = 8
	itemImpression = 9
	itemPostback   = 10
	itemModeration = 11
	itemTick       = 12
)

// encMode writes what has no hand-written encoder. It is immutable.
var encMode = func() cbor.UserBufferEncMode {
	m, err := cbor.CoreDetEncOptions().UserBufferEncMode()
	if err != nil {
		panic(err) // the options are constants
	}
	return m
}()

// encoder fills one batch: a CBOR sequence (RFC 8742) of a Header and of items
// [kind, reference, body]. What entries share, their Context or Terms, is written
// once as an item of its own and referred to by number. Not safe for concurrent use.
type encoder struct {
	buf     []byte
	entries int
	version int // what the entries need
	scratch bytes.Buffer

	// contexts are those that are defined for the configuration config.
	contexts map[*Context]uint64
	config   string
	terms    map[*Terms]uint64
	// content finds terms that were made of equal bytes under another pointer: each
	// postback makes its own. Contexts live as long as a snapshot.
	content map[contentKey]definition
	defined [firstEntry]uint64 // how many of each kind
}

type contentKey struct {
	kind byte
	hash uint64
}

type definition struct {
	number     uint64
	begin, end int // of its body in buf
}

// mark is a state of the encoder that rollback returns to.
type mark struct {
	length, entries, version int
	defined                  [firstEntry]uint64
}

func newEncoder() *encoder {
	return &encoder{
		contexts: make(map[*Context]uint64),
		terms:    make(map[*Terms]uint64),
		content:  make(map[contentKey]definition),
	}
}

// begin empties the encoder, keeping its memory, and writes the header.
func (e *encoder) begin(h Header) error {
	e.buf, e.entries = e.buf[:0], 0
	e.end()
	e.version, h.Version = firstVersion, firstVersion
	return e.marshal(h)
}

// versionAt is where the header has the version: behind the head of the map and the key 1.
// Versions below 24 are one byte.
const versionAt = 2

// need makes the batch one of a version that reads what is appended.
func (e *encoder) need(version int) {
	if version > e.version {
		e.version = version
		e.buf[versionAt] = byte(version)
	}
}

// end forgets what entries referred to: the batch is complete, and must not keep an
// old snapshot in memory while it waits.
func (e *encoder) end() {
	e.defined = [firstEntry]uint64{}
	clear(e.contexts)
	clear(e.terms)
	clear(e.content)
}

func (e *encoder) mark() mark { return mark{len(e.buf), e.entries, e.version, e.defined} }

// rollback takes back everything written since m.
func (e *encoder) rollback(m mark) {
	e.buf, e.entries, e.version = e.buf[:m.length], m.entries, m.version
	e.buf[versionAt] = byte(m.version)
	for p, n := range e.contexts {
		if n > m.defined[itemContext] {
			delete(e.contexts, p)
		}
	}
	for p, n := range e.terms {
		if n > m.defined[itemTerms] {
			delete(e.terms, p)
		}
	}
	for k, d := range e.content {
		if d.begin >= m.length {
			delete(e.content, k)
		}
	}
	e.defined = m.defined
}

func (e *encoder) click(c *Click) {
	ref := e.context(&c.Traffic)
	e.buf = appendClick(e.item(itemClick, ref), c)
	e.entries++
}

func (e *encoder) impression(i *Impression) {
	ref := e.context(&i.Traffic)
	e.buf = appendImpression(e.item(itemImpression, ref), i)
	e.entries++
}

// entry appends an entry of any kind.
func (e *encoder) entry(x Entry) error {
	e.need(x.format())
	switch {
	case x.Click != nil:
		e.click(x.Click)
		return nil
	case x.Impression != nil:
		e.impression(x.Impression)
		return nil
	case x.Postback != nil:
		ref, err := e.termsOf(x.Postback.Terms)
		if err != nil {
			return err
		}
		return e.body(itemPostback, ref, x.Postback)
	case x.Moderation != nil:
		return e.body(itemModeration, 0, x.Moderation)
	case x.Tick != nil:
		return e.body(itemTick, 0, x.Tick)
	}
	return fmt.Errorf("encode a journal entry: it is empty, set one of its fields")
}

// item appends the beginning of an item, which its body must follow.
func (e *encoder) item(kind byte, ref uint64) []byte {
	return appendHead(append(e.buf, majorArray|3, kind), majorUint, ref)
}

func (e *encoder) body(kind byte, ref uint64, v any) error {
	e.buf = e.item(kind, ref)
	e.entries++
	return e.marshal(v)
}

func (e *encoder) marshal(v any) error {
	e.scratch.Reset()
	if err := encMode.MarshalToBuffer(v, &e.scratch); err != nil {
		return fmt.Errorf("encode a %T for the journal: %w", v, err)
	}
	e.buf = append(e.buf, e.scratch.Bytes()...)
	return nil
}

// context returns the number of t's context in this batch, 0 if it has none, and
// defines it if need be.
func (e *encoder) context(t *Traffic) uint64 {
	c := t.Context
	if c == nil {
		return 0
	}
	config := cmp.Or(t.Config, c.Config)
	if config != e.config { // few batches see more than one
		clear(e.contexts)
		e.config = config
	}
	if n, ok := e.contexts[c]; ok {
		return n
	}
	n := e.defined[itemContext] + 1
	e.buf = appendContext(e.item(itemContext, n), c, config)
	e.defined[itemContext], e.contexts[c] = n, n
	return n
}

// termsOf returns the number of t in this batch, 0 for nil, and defines it if need be.
func (e *encoder) termsOf(t *Terms) (uint64, error) {
	if t == nil {
		return 0, nil
	}
	if n, ok := e.terms[t]; ok {
		return n, nil
	}
	before := len(e.buf)
	e.buf = e.item(itemTerms, e.defined[itemTerms]+1)
	begin := len(e.buf)
	if err := e.marshal(t); err != nil {
		e.buf = e.buf[:before]
		return 0, err
	}
	n := e.define(itemTerms, before, begin)
	e.terms[t] = n
	return n, nil
}

// define completes the definition that begins at before and whose body begins at
// begin: it is taken back if the batch has one of equal bytes already.
func (e *encoder) define(kind byte, before, begin int) uint64 {
	body := e.buf[begin:]
	key := contentKey{kind, xxhash.Sum64(body)}
	d, known := e.content[key]
	if known && bytes.Equal(e.buf[d.begin:d.end], body) {
		e.buf = e.buf[:before]
		return d.number
	}
	e.defined[kind]++
	n := e.defined[kind]
	if !known {
		e.content[key] = definition{n, begin, len(e.buf)}
	}
	return n
}

// EncodeBatch writes a batch of entries: for tests and tools. Trackers use a Writer.
func EncodeBatch(h Header, entries []Entry) ([]byte, error) {
	e := newEncoder()
	if err := e.begin(h); err != nil {
		return nil, err
	}
	for _, x := range entries {
		if err := e.entry(x); err != nil {
			return nil, err
		}
	}
	return e.buf, nil
}
