package main

import (
	"fmt"
	"net/url"

	"github.com/spf13/cobra"
)

var deliveryColumns = []string{"id", "time", "kind", "state", "attempts", "partner", "offer", "httpStatus", "error", "url"}

func newDeliveriesCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "deliveries", Short: "List and retry outgoing calls"}
	cmd.AddCommand(newDeliveriesListCommand(), newDeliveriesRetryCommand())
	return cmd
}

func newDeliveriesListCommand() *cobra.Command {
	var client apiClient
	var state, output string
	var limit int
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List deliveries, newest first",
		Example: `  waypost deliveries list --state parked`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			query := url.Values{}
			if state != "" {
				query.Set("state", state)
			}
			items, err := listAll(cmd.Context(), &client, "/api/v1/deliveries", query, limit)
			if err != nil {
				return err
			}
			return printItems(cmd.OutOrStdout(), output, deliveryColumns, items)
		},
	}
	client.addFlags(cmd.Flags())
	cmd.Flags().StringVar(&state, "state", "", "only this state: pending, delivered, parked or suspended")
	cmd.Flags().IntVar(&limit, "limit", 0, "at most so many; 0 is all")
	cmd.Flags().StringVarP(&output, "output", "o", "table", "table or json")
	return cmd
}

func newDeliveriesRetryCommand() *cobra.Command {
	var client apiClient
	cmd := &cobra.Command{
		Use:   "retry ID…",
		Short: "Try parked deliveries again, now",
		Args:  cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, ids []string) error {
			for _, id := range ids {
				var delivery row
				if err := client.post(cmd.Context(), "/api/v1/deliveries/"+url.PathEscape(id)+"/retry", struct{}{}, &delivery); err != nil {
					return fmt.Errorf("delivery %s: %w", id, err)
				}
				fmt.Fprintf(cmd.OutOrStdout(), "delivery %s: %s\n", id, cell(delivery["state"]))
			}
			return nil
		},
	}
	client.addFlags(cmd.Flags())
	return cmd
}
