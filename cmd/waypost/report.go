package main

import (
	"fmt"
	"io"
	"net/url"
	"strings"

	"github.com/spf13/cobra"
)

// newReportCommand makes "report". Filters keep their environment twins, other than
// those of lists: a report decides nothing, and scripts fix a network for all of them.
func newReportCommand() *cobra.Command {
	var client apiClient
	var output string
	filters := map[string]*string{}
	cmd := &cobra.Command{
		Use:   "report",
		Short: "Show the numbers: clicks, impressions, conversions and money, grouped and filtered",
		Example: `  waypost report --group day,offer,partner,goal
  waypost report --group partner --from 2026-11-01 --offer summer-shoes -o csv`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			query := url.Values{}
			for name, value := range filters {
				if *value != "" {
					query.Set(name, *value)
				}
			}
			return printReport(cmd, &client, query, output)
		},
	}
	client.addFlags(cmd.Flags())
	cmd.Flags().StringVarP(&output, "output", "o", "table", "table, json or csv")
	for _, f := range []struct{ name, value, usage string }{
		{"group", "day,offer,partner,goal", "what to group by: hour, day, month, network, offer, partner, advertiser, goal, goalName, source, sub1…sub10, country, device, status"},
		{"from", "", "first moment, RFC 3339 or a day such as 2026-11-20; without it all time"},
		{"to", "", "last day that counts, or the first moment (RFC 3339) that no longer does"},
		{"timeZone", "", "time zone of days and months; default the network's"},
		{"network", "", "only this network (namespace)"},
		{"offer", "", "only this offer (object name)"},
		{"partner", "", "only this partner (object name)"},
		{"advertiser", "", "only this advertiser (object name)"},
		{"goal", "", "only this goal (value)"},
		{"source", "", "only this traffic source"},
		{"country", "", "only this country (ISO 3166-1 alpha-2)"},
		{"device", "", "only this kind of device"},
	} {
		filters[f.name] = cmd.Flags().String(flagName(f.name), f.value, f.usage)
	}
	return cmd
}

// flagName turns an API parameter into a flag: timeZone is --time-zone.
func flagName(parameter string) string {
	return strings.ReplaceAll(parameter, "timeZone", "time-zone")
}

// printReport fetches a report and writes it. CSV is the ledger's own, copied as it
// comes, so a large report is never held in memory here.
func printReport(cmd *cobra.Command, client *apiClient, query url.Values, output string) error {
	const path = "/api/v1/reports"
	switch output {
	case "csv":
		body, err := client.get(cmd.Context(), path, query, "text/csv")
		if err != nil {
			return err
		}
		defer func() { _ = body.Close() }() // copied to the end by then
		_, err = io.Copy(cmd.OutOrStdout(), body)
		return err
	case "json", "table":
	default:
		return fmt.Errorf("--output %q: use table, json or csv", output)
	}
	var answer struct {
		Rows   []row `json:"rows"`
		Totals []row `json:"totals"`
	}
	if err := client.getJSON(cmd.Context(), path, query, &answer); err != nil {
		return err
	}
	if output == "json" {
		return printJSON(cmd.OutOrStdout(), answer)
	}
	columns := append(groupColumns(query.Get("group")),
		"clicks", "impressions", "conversions", "pending", "hold", "rejected", "payout", "revenue", "profit", "currency")
	return printTable(cmd.OutOrStdout(), columns, append(answer.Rows, markTotals(columns[0], answer.Totals)...))
}

// groupColumns returns the columns that a line is grouped by. A goal has its title
// beside it, because its value is often only a number.
func groupColumns(group string) []string {
	var columns []string
	for _, g := range strings.Split(group, ",") {
		columns = append(columns, strings.TrimSpace(g))
		if g == "goal" {
			columns = append(columns, "goalTitle")
		}
	}
	return columns
}

// markTotals names the totals, one for each currency, in the first column.
func markTotals(first string, totals []row) []row {
	for _, t := range totals {
		t[first] = "TOTAL"
	}
	return totals
}
