package books

import (
	"context"
	"fmt"
	"strings"

	"github.com/waypost/waypost/tracker/ledger/store"
)

// scan reads the parts of a plan for the cells of the networks of one time zone.
type scan struct {
	*Books
	ctx     context.Context
	reader  reader
	request *ReportRequest
	cells   map[int64]*cell
	// cellsWhere are the conditions on k that selected them; empty for all.
	cellsWhere *where
	stretch    stretch
	tally      *tally
}

func (s *scan) read(p part) error {
	read := s.rollup
	if p.table == tableRows {
		read = s.rowsOf
	}
	if err := read(p); err != nil {
		return fmt.Errorf("read numbers from %s to %s: %w", p.from.UTC(), p.to.UTC(), err)
	}
	return nil
}

// query runs a query and hands its rows over; those of other cells are left out.
// dest[0] is the time and dest[1] the cell.
func (s *scan) query(query string, args []any, dest []any, f func(at int64, c *cell)) error {
	var at, id int64
	dest = append([]any{&at, &id}, dest...)
	return s.each(s.ctx, s.reader, query, args, func(scan func(...any) error) error {
		if err := scan(dest...); err != nil {
			return err
		}
		if c := s.cells[id]; c != nil {
			f(s.timeKey(at), c)
		}
		if len(s.tally.keys) > MaxRows {
			return ErrTooManyRows
		}
		return nil
	})
}

// timeKey turns what queries give (the first second of an hour, or the number of a
// day) into what rows are told apart by: a month has a number of its own.
func (s *scan) timeKey(at int64) int64 {
	if s.stretch.finest == ByMonth {
		return monthNumber(at)
	}
	return at
}

// timeOf is the SQL for the piece of time that seconds since 1970 lie in.
func (s *scan) timeOf(seconds string, p part) string {
	switch s.stretch.finest {
	case ByHour:
		return fmt.Sprintf("(%s + %d) / 3600 * 3600 - %d", seconds, p.offset, p.offset)
	case ByDay, ByMonth:
		return fmt.Sprintf("(%s + %d) / 86400", seconds, p.offset)
	}
	return "0"
}

// onlyCells restricts a column to the cells of the report.
func (s *scan) onlyCells(w *where, column string) {
	if !s.cellsWhere.empty() {
		w.add(column+" IN (SELECT k.id FROM cells k"+s.cellsWhere.String()+")", s.cellsWhere.args...)
	}
}

// sum is a column with money added up: its millions and the rest by themselves,
// since a database fails where a sum leaves int64; see money.
func sumMoney(column string) string {
	return fmt.Sprintf("CAST(sum(%[1]s / 1000000) AS bigint), CAST(sum(%[1]s %% 1000000) AS bigint)", column)
}

// split is a sum as sumMoney gives it.
type split struct{ units, rest int64 }

// total is the sum, stopping at the end of int64.
func (p split) total() int64 {
	const most = (1<<63 - 1) / 1_000_000
	if p.units >= most {
		return 1<<63 - 1
	}
	return store.Sum(p.units*1_000_000, p.rest)
}

// list joins the parts of a SELECT or GROUP BY.
func list(parts ...string) string { return strings.Join(parts, ", ") }
