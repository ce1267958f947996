package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"
)

const (
	// maxEvent bounds one event of a live tail, in bytes.
	maxEvent = 8 << 20
	// followAgain is the pause before a tail that was ended is asked for once more.
	followAgain = time.Second
)

// follower prints what a live tail of the API sends, a line for each item.
type follower struct {
	client  *apiClient
	listing *listing
	output  string
	w       io.Writer

	widths []int // of the table's columns; they grow
	// last is the time of the latest item, and printed holds what was printed of that time
	// or later, so that a tail that was interrupted goes on where it was.
	last    time.Time
	printed map[string]bool
}

// run follows until ctx ends. The server ends a tail after an hour, so that a caller
// whose right was withdrawn reads no longer than that; run asks again from the time of
// the last item on. What is sent again is recognised and not printed twice.
func (f *follower) run(ctx context.Context, query url.Values) error {
	if f.output != "table" && f.output != "json" {
		return fmt.Errorf("--output %q: use table or json", f.output)
	}
	f.printed = map[string]bool{}
	query.Set("follow", "true")
	for {
		if err := f.once(ctx, query); err != nil {
			if ctx.Err() != nil {
				return nil //nolint:nilerr // Ctrl-C is how it ends
			}
			return err
		}
		if !f.last.IsZero() {
			query.Set("from", f.last.UTC().Format(time.RFC3339Nano))
		}
		select {
		case <-time.After(followAgain):
		case <-ctx.Done():
			return nil
		}
	}
}

// once prints one tail to its end.
func (f *follower) once(ctx context.Context, query url.Values) error {
	body, err := f.client.get(ctx, f.listing.path, query, "text/event-stream")
	if err != nil {
		return err
	}
	defer func() { _ = body.Close() }() // it was only read
	lines := bufio.NewScanner(body)
	lines.Buffer(nil, maxEvent)
	for lines.Scan() {
		// Each item is one line of data; heartbeats and names are of no use here.
		data, ok := strings.CutPrefix(lines.Text(), "data: ")
		if !ok {
			continue
		}
		if err := f.print([]byte(data)); err != nil {
			return err
		}
	}
	if err := lines.Err(); err != nil && ctx.Err() == nil {
		return fmt.Errorf("following %s: %w", f.listing.path, err)
	}
	return nil
}

// print prints an item, unless this version of it was printed before. An item that
// changes, such as a conversion that is approved, is another version and is printed
// again.
func (f *follower) print(data []byte) error {
	var item row
	if err := json.Unmarshal(data, &item); err != nil {
		return fmt.Errorf("reading an item of %s: %w", f.listing.path, err)
	}
	version := cell(item["id"]) + " " + cell(item["updatedAt"])
	if f.printed[version] {
		return nil
	}
	if at, err := time.Parse(time.RFC3339Nano, cell(item["time"])); err == nil && at.After(f.last) {
		f.last = at
		clear(f.printed)
	}
	f.printed[version] = true
	if f.output == "json" {
		_, err := fmt.Fprintf(f.w, "%s\n", data)
		return err
	}
	return f.line(item)
}

// line prints the columns of an item, below a head. Later lines are not known yet, so a
// column is as wide as its widest value so far, and text/tabwriter is of no use.
func (f *follower) line(item row) error {
	if f.widths == nil {
		f.widths = make([]int, len(f.listing.columns))
		head := row{}
		for _, c := range f.listing.columns {
			head[c] = strings.ToUpper(c)
		}
		if err := f.line(head); err != nil {
			return err
		}
	}
	var b strings.Builder
	for i, c := range f.listing.columns {
		text := printable(cell(item[c]))
		f.widths[i] = max(f.widths[i], len([]rune(text)))
		fmt.Fprintf(&b, "%-*s   ", f.widths[i], text)
	}
	_, err := fmt.Fprintln(f.w, strings.TrimRight(b.String(), " "))
	return err
}
