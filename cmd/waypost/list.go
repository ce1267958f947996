package main

import (
	"context"
	"fmt"
	"io"
	"net/url"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// listing is a list of the API as a command: what it shows and what it filters by.
type listing struct {
	path    string
	columns []string          // of the table; -o json shows everything
	filters map[string]string // values by flag; the API has the same names but for apiNames
	follows bool              // whether the API can go on with what is new
}

// apiNames are the API's names of filters whose flags have dashes.
var apiNames = map[string]string{"order-id": "orderID", "click-id": "clickID"}

// everywhere are the filters that all lists have, with those of its own.
func everywhere(own map[string]string) map[string]string {
	all := map[string]string{
		"network": "only this network (namespace)",
		"offer":   "only this offer (object name)",
		"partner": "only this partner (object name)",
		"goal":    "only this goal (value)",
		"from":    "first moment, RFC 3339 or a day such as 2026-11-20",
		"to":      "last day that counts, or the first moment (RFC 3339) that no longer does",
	}
	for name, usage := range own {
		all[name] = usage
	}
	return all
}

// command makes "list".
func (l *listing) command(short, example string) *cobra.Command {
	var client apiClient
	var filter listFilter
	var output string
	follow := false
	cmd := &cobra.Command{
		Use: "list", Short: short, Example: example, Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if follow {
				return (&follower{client: &client, listing: l, output: output, w: cmd.OutOrStdout()}).run(cmd.Context(), filter.query())
			}
			items, err := filter.list(cmd.Context(), &client, l.path)
			if err != nil {
				return err
			}
			return printItems(cmd.OutOrStdout(), output, l.columns, items)
		},
	}
	client.addFlags(cmd.Flags())
	filter.addFlags(cmd.Flags(), l.filters)
	cmd.Flags().StringVarP(&output, "output", "o", "table", "table or json")
	if l.follows {
		cmd.Flags().BoolVarP(&follow, "follow", "f", false, "go on with what is new, and with what changes within a minute; with --from, from there on")
	}
	return cmd
}

// listFilter selects what the API lists.
type listFilter struct {
	values map[string]*string // by flag; "" does not filter
	limit  int                // of items in all, over all pages; 0 is none
}

// addFlags adds a flag for each filter. They have no environment twins: a variable that
// was left behind would narrow a list, or widen a decision, without being seen.
func (f *listFilter) addFlags(flags *pflag.FlagSet, filters map[string]string) {
	f.values = map[string]*string{}
	for name, usage := range filters {
		f.values[name] = flags.String(name, "", usage)
		withoutTwins(flags, name)
	}
	flags.IntVar(&f.limit, "limit", 0, "at most so many; 0 is all")
	withoutTwins(flags, "limit")
}

// query returns the filters as parameters of the API.
func (f *listFilter) query() url.Values {
	query := url.Values{}
	for name, value := range f.values {
		if *value == "" {
			continue
		}
		if api, other := apiNames[name]; other {
			name = api
		}
		query.Set(name, *value)
	}
	return query
}

// list fetches page after page of a thousand items, the most that the API gives. New
// items that come meanwhile do not shift the pages: the cursor is an id.
func (f *listFilter) list(ctx context.Context, client *apiClient, path string) ([]row, error) {
	query := f.query()
	query.Set("limit", "1000")
	items := []row{} // none is [], not null, in JSON
	for {
		var page struct {
			Items []row  `json:"items"`
			Next  string `json:"next"`
		}
		if err := client.getJSON(ctx, path, query, &page); err != nil {
			return nil, err
		}
		items = append(items, page.Items...)
		if f.limit > 0 && len(items) >= f.limit {
			return items[:f.limit], nil
		}
		if page.Next == "" {
			return items, nil
		}
		query.Set("cursor", page.Next)
	}
}

// printItems writes items as a table or as JSON. Columns are those of the table alone.
func printItems(w io.Writer, output string, columns []string, items []row) error {
	switch output {
	case "json":
		return printJSON(w, items)
	case "table":
		return printTable(w, columns, items)
	}
	return fmt.Errorf("--output %q: use table or json", output)
}
