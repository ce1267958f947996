package column

import (
	"database/sql"
	"database/sql/driver"
	"fmt"
	"strings"
	"time"
)

// Column is a column of rows of type R.
type Column[R any] struct {
	// Name is that of the column or, in a query, the expression that gives it.
	Name string
	// value returns what is written of a row; nil where the column is only read.
	value func(*R) any
	// target returns where a row's column is read to; nil where it is only written.
	target func(*R) any
}

// WriteOnly returns the column for tables whose reader has no use for it.
func (c Column[R]) WriteOnly() Column[R] {
	c.target = nil
	return c
}

// List is columns in the order of statements.
type List[R any] []Column[R]

// Names returns the names of the columns.
func (l List[R]) Names() []string {
	names := make([]string, len(l))
	for i := range l {
		names[i] = l[i].Name
	}
	return names
}

// String returns the names as SELECT takes them.
func (l List[R]) String() string { return strings.Join(l.Names(), ", ") }

// Read returns the columns that are read.
func (l List[R]) Read() List[R] {
	var out List[R]
	for _, c := range l {
		if c.target != nil {
			out = append(out, c)
		}
	}
	return out
}

// Replace returns the statement that writes a row of a table, over the one with the same
// first keys columns.
func (l List[R]) Replace(table string, keys int) string {
	names := l.Names()
	return "INSERT INTO " + table + " (" + l.String() + ") VALUES (?" + strings.Repeat(", ?", len(l)-1) + ") ON CONFLICT (" +
		strings.Join(names[:keys], ", ") + ") DO UPDATE SET " + strings.Join(l.Excluded(keys), ", ")
}

// Excluded returns the assignments of an upsert that replaces all but the first columns.
func (l List[R]) Excluded(keys int) []string {
	var set []string
	for _, c := range l[keys:] {
		set = append(set, c.Name+" = excluded."+c.Name)
	}
	return set
}

// Values fills in what is written of a row.
func (l List[R]) Values(of *R, into []any) {
	for i := range l {
		into[i] = l[i].value(of)
	}
}

// Scan reads a row with the scan function of a result.
func (l List[R]) Scan(scan func(...any) error, into *R) error {
	targets := make([]any, len(l))
	for i := range l {
		targets[i] = l[i].target(into)
	}
	return scan(targets...)
}

// Text holds text that strangers sent; see Clean.
func Text[R any](name string, of func(*R) *string) Column[R] {
	return Column[R]{name, func(r *R) any { return Clean(*of(r)) }, func(r *R) any { return of(r) }}
}

// Plain holds text that is fit for every database: names, ids and codes.
func Plain[R any, T ~string](name string, of func(*R) *T) Column[R] {
	return Column[R]{name, func(r *R) any { return string(*of(r)) }, func(r *R) any {
		p := of(r)
		if s, ok := any(p).(*string); ok {
			return s
		}
		return plain[T]{p}
	}}
}

type plain[T ~string] struct{ to *T }

func (p plain[T]) Scan(from any) error { return scanned(from, func(s string) { *p.to = T(s) }) }

// Number holds a whole number.
func Number[R any, N ~int | ~int64 | ~uint64 | ~uint8](name string, of func(*R) *N) Column[R] {
	return Column[R]{name, func(r *R) any { return int64(*of(r)) }, func(r *R) any {
		p := of(r)
		if n, ok := any(p).(*int64); ok {
			return n
		}
		return number[N]{p}
	}}
}

type number[N ~int | ~int64 | ~uint64 | ~uint8] struct{ to *N }

func (n number[N]) Scan(from any) error { return scanned(from, func(i int64) { *n.to = N(i) }) }

// Optional holds a number that may be absent.
func Optional[R any, N ~int64](name string, of func(*R) **N) Column[R] {
	return Column[R]{name, func(r *R) any {
		if n := *of(r); n != nil {
			return int64(*n)
		}
		return nil
	}, func(r *R) any { return optional[N]{of(r)} }}
}

type optional[N ~int64] struct{ to **N }

func (o optional[N]) Scan(from any) error {
	if *o.to = nil; from == nil {
		return nil
	}
	return scanned(from, func(i int64) { n := N(i); *o.to = &n })
}

// Flag holds a bool as 0 or 1.
func Flag[R any](name string, of func(*R) *bool) Column[R] {
	return Column[R]{name, func(r *R) any {
		if *of(r) {
			return int64(1)
		}
		return int64(0)
	}, func(r *R) any { return flag{of(r)} }}
}

type flag struct{ to *bool }

func (f flag) Scan(from any) error { return scanned(from, func(i int64) { *f.to = i != 0 }) }

// Key holds a digest.
func Key[R any, K ~[16]byte](name string, of func(*R) *K) Column[R] {
	return Column[R]{name, func(r *R) any { return (*of(r))[:] }, func(r *R) any { return key[K]{of(r)} }}
}

// OptionalKey holds a digest; the zero one is NULL, which no index keeps unique.
func OptionalKey[R any, K ~[16]byte](name string, of func(*R) *K) Column[R] {
	c := Key(name, of)
	written := c.value
	c.value = func(r *R) any {
		if *of(r) == (K{}) {
			return nil
		}
		return written(r)
	}
	return c
}

type key[K ~[16]byte] struct{ to *K }

func (k key[K]) Scan(from any) error {
	if *k.to = (K{}); from == nil {
		return nil
	}
	return scanned(from, func(b []byte) { copy((*k.to)[:], b) })
}

// Bytes holds bytes.
func Bytes[R any](name string, of func(*R) *[]byte) Column[R] {
	return Column[R]{name, func(r *R) any { return *of(r) }, func(r *R) any { return of(r) }}
}

// Time holds a moment in microseconds since 1970, the zero time as 0.
func Time[R any](name string, of func(*R) *time.Time) Column[R] {
	return Column[R]{name, func(r *R) any {
		if of(r).IsZero() {
			return int64(0)
		}
		return of(r).UnixMicro()
	}, func(r *R) any { return moment{of(r)} }}
}

type moment struct{ to *time.Time }

func (m moment) Scan(from any) error {
	return scanned(from, func(at int64) {
		if *m.to = (time.Time{}); at != 0 {
			*m.to = time.UnixMicro(at).UTC()
		}
	})
}

// Value holds a value whose type writes and reads its own column.
func Value[R any, T driver.Valuer, P interface {
	*T
	sql.Scanner
}](name string, of func(*R) P) Column[R] {
	return Column[R]{name, func(r *R) any { return *of(r) }, func(r *R) any { return of(r) }}
}

// Encoded holds a value in another form: encode gives what is written, decode reads it.
func Encoded[R, T, F any](name string, of func(*R) *T, encode func(*T) F, decode func(F, *T) error) Column[R] {
	c := Read(name, of, decode)
	c.value = func(r *R) any { return encode(of(r)) }
	return c
}

// Read holds a value in another form, which is not written.
func Read[R, T, F any](name string, of func(*R) *T, decode func(F, *T) error) Column[R] {
	return Column[R]{Name: name, target: func(r *R) any { return &encoded[T, F]{of(r), decode} }}
}

type encoded[T, F any] struct {
	to     *T
	decode func(F, *T) error
}

func (e *encoded[T, F]) Scan(from any) (err error) {
	if wrong := scanned(from, func(f F) { err = e.decode(f, e.to) }); wrong != nil {
		return wrong
	}
	return err
}

// Computed holds what a row gives when it is written; it is not read.
func Computed[R any](name string, value func(*R) any) Column[R] {
	return Column[R]{Name: name, value: value}
}

var _ sql.Scanner = number[int]{}

// scanned passes on what a driver gives for a column.
func scanned[F any](from any, to func(F)) error {
	f, ok := from.(F)
	if !ok {
		return fmt.Errorf("a %T is read as a %T", from, f)
	}
	to(f)
	return nil
}
