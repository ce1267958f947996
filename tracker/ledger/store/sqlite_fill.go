package store

import (
	"database/sql/driver"
	"slices"
)

// filler makes the arguments of statements that write rows, a few statements ahead of
// the one that runs.
type filler struct {
	width, rows int
	fill        func(int, []any)
	full        chan filled
	free        chan []driver.NamedValue
	stopped     chan struct{}
}

// filled are the arguments of one statement.
type filled struct {
	rows int
	args []driver.NamedValue
}

// fillAhead is how many statements have arguments at a time.
const fillAhead = 3

// fillRows begins to fill in the arguments of rows of that width. It must be stopped.
func fillRows(width, rows int, fill func(int, []any)) *filler {
	f := &filler{
		width: width, rows: rows, fill: fill,
		full: make(chan filled, fillAhead), free: make(chan []driver.NamedValue, fillAhead), stopped: make(chan struct{}),
	}
	for range fillAhead {
		f.free <- nil
	}
	go f.run()
	return f
}

// reuse takes back arguments that are not needed any more.
func (f *filler) reuse(c filled) { f.free <- c.args }

// stop ends the filling, early or not, and waits for its end.
func (f *filler) stop() {
	close(f.stopped)
	for range f.full { // until it is closed
	}
}

// run fills in all rows, as many a statement as chunks has.
func (f *filler) run() {
	defer close(f.full)
	row := make([]any, f.width)
	at := 0
	for _, size := range chunks {
		for ; f.rows-at >= size; at += size {
			var args []driver.NamedValue
			select {
			case args = <-f.free:
			case <-f.stopped:
				return
			}
			args = slices.Grow(args[:0], size*f.width)
			for r := range size {
				f.fill(at+r, row)
				for _, v := range row {
					args = append(args, driver.NamedValue{Ordinal: len(args) + 1, Value: v})
				}
			}
			f.full <- filled{size, args} // there is room for as many as there are arguments
		}
	}
}
