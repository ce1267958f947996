package main

import (
	"errors"
	"fmt"
	"maps"
	"net/url"

	"github.com/spf13/cobra"
)

// conversionList is the list of conversions; approve and reject take its filters.
var conversionList = listing{
	path:    "/api/v1/conversions",
	columns: []string{"id", "time", "status", "reason", "offer", "partner", "goal", "orderID", "amount", "payout", "revenue", "currency"},
	filters: everywhere(map[string]string{
		"status":   "only these statuses: approved, pending, hold or rejected; joined by commas",
		"reason":   "only this reason",
		"click-id": "only this click",
		"order-id": "only this order id",
	}),
	follows: true,
}

func newConversionsCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "conversions", Short: "List, follow, approve and reject conversions"}
	list := conversionList.command("List conversions, newest first",
		"  waypost conversions list --status pending --offer shoe-club\n  waypost conversions list --follow")
	cmd.AddCommand(list, newModerateCommand("approve"), newModerateCommand("reject"))
	return cmd
}

// newModerateCommand makes approve and reject: single conversions by id, or all
// that a filter selects.
func newModerateCommand(decision string) *cobra.Command {
	var client apiClient
	var filter listFilter
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
				items, err := filter.list(cmd.Context(), &client, conversionList.path)
				if err != nil {
					return err
				}
				for _, item := range items {
					ids = append(ids, cell(item["id"]))
				}
			}
			return moderate(cmd, &client, decision, *filter.values["network"], reason, ids)
		},
	}
	client.addFlags(cmd.Flags())
	filters := maps.Clone(conversionList.filters)
	delete(filters, "reason") // here it is the decision's
	filter.addFlags(cmd.Flags(), filters)
	cmd.Flags().BoolVar(&all, "all", false, "every conversion that the filter selects")
	cmd.Flags().StringVar(&reason, "reason", "", "why; it stands in the conversion's history")
	return cmd
}

func moderate(cmd *cobra.Command, client *apiClient, decision, network, reason string, ids []string) error {
	for _, id := range ids {
		var conversion row
		path := "/api/v1/conversions/" + url.PathEscape(id) + "/" + decision
		if err := client.post(cmd.Context(), path, network, map[string]string{"reason": reason}, &conversion); err != nil {
			return fmt.Errorf("conversion %s: %w", id, err)
		}
		fmt.Fprintf(cmd.OutOrStdout(), "conversion %s: %s\n", id, cell(conversion["status"]))
	}
	return nil
}
