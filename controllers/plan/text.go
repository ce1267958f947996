package plan

import (
	"fmt"
	"io"
)

// WriteText writes changes for a terminal or a comment on a pull request: below a line for
// each class of a network, one line a change, in the order of Diff.
func WriteText(w io.Writer, changes []Change) error {
	if len(changes) == 0 {
		_, err := fmt.Fprintln(w, "No change in money, links or traffic.")
		return err
	}
	class, network := Class(""), ""
	for _, c := range changes {
		if c.Class != class || c.Network != network {
			class, network = c.Class, c.Network
			if _, err := fmt.Fprintf(w, "%s (network %s)\n", class, network); err != nil {
				return err
			}
		}
		if _, err := fmt.Fprintln(w, "  "+line(c)); err != nil {
			return err
		}
	}
	return nil
}

// line is a change as text: object, goal, partner and moment, then what changes, from what
// to what. A value that is only on one side has a plus or a minus sign before it.
func line(c Change) string {
	text := c.Object
	if c.Goal != "" {
		text += " goal " + c.Goal
	}
	switch {
	case c.Partner != "":
		text += " for " + c.Partner
	case c.Class == Money && c.Goal != "":
		text += " for partners without terms of their own"
	}
	if c.From != "" {
		text += " from " + c.From
	}
	switch {
	case c.Old == "" && c.New == "":
		return text + ": " + c.What
	case c.Old == "":
		return text + ": " + c.What + " + " + c.New
	case c.New == "":
		return text + ": " + c.What + " − " + c.Old
	}
	return text + ": " + c.What + " " + c.Old + " → " + c.New
}
