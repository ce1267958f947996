package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// conversionColumns are what the list shows; -o json shows everything.
var conversionColumns = []string{"id", "time", "status", "reason", "offer", "partner", "goal", "orderID", "amount", "payout", "revenue", "currency"}

func newConversionsCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "conversions", Short: "List, approve and reject conversions"}
	cmd.AddCommand(newConversionsListCommand(), newModerateCommand("approve"), newModerateCommand("reject"))
	return cmd
}

func newConversionsListCommand() *cobra.Command {
	var client apiClient
	var filter conversionFilter
	var output string
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List conversions, newest first",
		Example: `  waypost conversions list --status pending --offer shoe-club`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			items, err := filter.list(cmd.Context(), &client)
			if err != nil {
				return err
			}
			return printItems(cmd.OutOrStdout(), output, conversionColumns, items)
		},
	}
	client.addFlags(cmd.Flags())
	filter.addFlags(cmd.Flags())
	cmd.Flags().StringVarP(&output, "output", "o", "table", "table or json")
	return cmd
}

// newModerateCommand makes approve and reject: single conversions by id, or all
// that a filter selects.
func newModerateCommand(decision string) *cobra.Command {
	var client apiClient
	var filter conversionFilter
	var all bool
	var reason string
	cmd := &cobra.Command{
		Use:   decision + " [ID…]",
		Short: "Decide: " + decision + " conversions by id, or with --all those that the filter selects",
		Example: "  waypost conversions " + decision + " 3f9c…\n" +
			"  waypost conversions " + decision + " --all --status pending --offer shoe-club --reason checked",
		RunE: func(cmd *cobra.Command, ids []string) error {
			if all == (len(ids) > 0) {
				return errors.New("give the ids of conversions, or --all with a filter")
			}
			if all {
				items, err := filter.list(cmd.Context(), &client)
				if err != nil {
					return err
				}
				for _, item := range items {
					ids = append(ids, cell(item["id"]))
				}
			}
			return moderate(cmd, &client, decision, reason, ids)
		},
	}
	client.addFlags(cmd.Flags())
	filter.addFlags(cmd.Flags())
	cmd.Flags().BoolVar(&all, "all", false, "every conversion that the filter selects")
	cmd.Flags().StringVar(&reason, "reason", "", "why; it stands in the conversion's history")
	return cmd
}

func moderate(cmd *cobra.Command, client *apiClient, decision, reason string, ids []string) error {
	for _, id := range ids {
		var conversion row
		path := "/api/v1/conversions/" + url.PathEscape(id) + "/" + decision
		if err := client.post(cmd.Context(), path, map[string]string{"reason": reason}, &conversion); err != nil {
			return fmt.Errorf("conversion %s: %w", id, err)
		}
		fmt.Fprintf(cmd.OutOrStdout(), "conversion %s: %s\n", id, cell(conversion["status"]))
	}
	return nil
}

// conversionFilter selects conversions as the API does.
type conversionFilter struct {
	values map[string]*string
	limit  int
}

func (f *conversionFilter) addFlags(flags *pflag.FlagSet) {
	f.values = map[string]*string{}
	for name, usage := range map[string]string{
		"status":  "only this status: approved, pending, hold or rejected",
		"network": "only this network (namespace)",
		"offer":   "only this offer (object name)",
		"partner": "only this partner (object name)",
		"goal":    "only this goal (value)",
		"from":    "first moment, RFC 3339 or a day such as 2026-11-20",
		"to":      "last day that counts, or the first moment (RFC 3339) that no longer does",
	} {
		f.values[name] = flags.String(name, "", usage)
	}
	flags.IntVar(&f.limit, "limit", 0, "at most so many; 0 is all")
}

// list fetches page after page.
func (f *conversionFilter) list(ctx context.Context, client *apiClient) ([]row, error) {
	query := url.Values{}
	for name, value := range f.values {
		if *value != "" {
			query.Set(name, *value)
		}
	}
	return listAll(ctx, client, "/api/v1/conversions", query, f.limit)
}

// listAll follows the cursor of a list until its end, or until limit items.
func listAll(ctx context.Context, client *apiClient, path string, query url.Values, limit int) ([]row, error) {
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
		if limit > 0 && len(items) >= limit {
			return items[:limit], nil
		}
		if page.Next == "" {
			return items, nil
		}
		query.Set("cursor", page.Next)
	}
}

func printItems(w io.Writer, output string, columns []string, items []row) error {
	switch output {
	case "json":
		return printJSON(w, items)
	case "table":
		return printTable(w, columns, items)
	}
	return fmt.Errorf("--output %q: use table or json", output)
}
