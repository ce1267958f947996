package books

import (
	"encoding/base32"
	"encoding/binary"
	"errors"
	"time"
)

// ErrBadCursor says that a cursor did not come from an earlier page.
var ErrBadCursor = errors.New("the cursor is not one that an answer gave")

// Page says which part of a list is wanted. Lists are newest first.
type Page struct {
	// Limit is how many items at most.
	Limit int
	// Cursor is the Next of the page before, "" for the first page.
	Cursor string
}

// List is one page of a list.
type List[T any] struct {
	Items []T `json:"items"`
	// Next is the cursor of the page after this one, "" if this is the last.
	Next string `json:"next"`
}

// Ids of conversions, postbacks and deliveries are 26 characters that sort by
// time: 48 bits of milliseconds before a digest, in Crockford's alphabet.
const (
	idLength   = 26
	idAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
)

var idEncoding = base32.NewEncoding(idAlphabet).WithPadding(base32.NoPadding)

// firstID is the smallest id of a millisecond.
func firstID(t time.Time) string {
	ms := uint64(max(t.UnixMilli(), 0))
	var b [8]byte
	// The first character holds three bits of the 48, each other one five.
	binary.BigEndian.PutUint64(b[:], ms<<14)
	return idEncoding.EncodeToString(b[:])[:10] + "0000000000000000"
}

// validCursor reports whether a cursor can be an id.
func validCursor(s string) bool {
	if len(s) != idLength {
		return false
	}
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'A' || c > 'Z') {
			return false
		}
	}
	return true
}

// conditions puts the page on the column id, for ORDER BY id DESC. One row more
// than the limit tells whether there is a next page.
func (p Page) conditions(w *where, column string) error {
	if p.Cursor == "" {
		return nil
	}
	if !validCursor(p.Cursor) {
		return ErrBadCursor
	}
	w.add(column+" < ?", p.Cursor)
	return nil
}

// page cuts what was read to the limit and finds the next cursor.
func page[T any](p Page, items []T, id func(*T) string) List[T] {
	l := List[T]{Items: items}
	if len(items) > p.Limit {
		l.Items = items[:p.Limit]
		l.Next = id(&l.Items[p.Limit-1])
	}
	if l.Items == nil {
		l.Items = []T{}
	}
	return l
}

// Span is a part of time: From counts, To does not. Nil is open.
type Span struct{ From, To *time.Time }

// conditions puts the span on a column of microseconds, and on the column of ids
// that sort by it, so that the primary key finds the rows.
func (s Span) conditions(w *where, at, id string) {
	if s.From != nil {
		w.add(at+" >= ?", s.From.UnixMicro())
		w.add(id+" >= ?", firstID(*s.From))
	}
	if s.To != nil {
		w.add(at+" < ?", s.To.UnixMicro())
		w.add(id+" < ?", firstID(s.To.Add(time.Millisecond)))
	}
}
