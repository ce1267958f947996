package main

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// inNetwork returns a query that names the network, if there is one. Rights are those
// of a network (docs/security.md): a query without it needs the right in all of them.
func inNetwork(network string) url.Values {
	query := url.Values{}
	if network != "" {
		query.Set("network", network)
	}
	return query
}

// eachOf does something with each of some things and prints what became of it. A
// refusal is named, and the others are done; the error at the end reports that there was
// one. Without connection or rights it stops, because no other would fare better.
func eachOf(cmd *cobra.Command, what string, ids []string, do func(id string) (outcome string, err error)) error {
	if slices.Contains(ids, "") {
		return fmt.Errorf("an id is empty: give the id of each %s", what)
	}
	var done, refused counts
	for i, id := range ids {
		outcome, err := do(id)
		var refusal *apiError
		switch {
		case err == nil:
			done.add(outcome)
			fmt.Fprintf(cmd.OutOrStdout(), "%s %s: %s\n", what, id, outcome)
		case errors.As(err, &refusal) && refusal.reason != "" && refusal.status != http.StatusUnauthorized && refusal.status != http.StatusForbidden:
			refused.add(refusal.reason)
			fmt.Fprintf(cmd.OutOrStdout(), "%s %s: refused: %s\n", what, id, refusal.text)
		default:
			return fmt.Errorf("%s %s: %w (%s; %d were not tried)", what, id, err, summary(&done, &refused), len(ids)-i)
		}
	}
	fmt.Fprintln(cmd.OutOrStdout(), summary(&done, &refused))
	if n := refused.sum(); n > 0 {
		return fmt.Errorf("%d of %d refused", n, len(ids))
	}
	return nil
}

// counts are how often texts occurred, in the order of their first time.
type counts struct {
	texts []string
	times []int
}

func (c *counts) add(text string) {
	i := slices.Index(c.texts, text)
	if i < 0 {
		i = len(c.texts)
		c.texts, c.times = append(c.texts, text), append(c.times, 0)
	}
	c.times[i]++
}

func (c *counts) sum() int {
	n := 0
	for _, times := range c.times {
		n += times
	}
	return n
}

// summary is such as "approved 41, refused 2 (cap_reached)".
func summary(done, refused *counts) string {
	var parts []string
	for i, text := range done.texts {
		parts = append(parts, fmt.Sprintf("%s %d", text, done.times[i]))
	}
	if n := refused.sum(); n > 0 {
		parts = append(parts, fmt.Sprintf("refused %d (%s)", n, strings.Join(refused.texts, ", ")))
	}
	if parts == nil {
		return "nothing done"
	}
	return strings.Join(parts, ", ")
}
