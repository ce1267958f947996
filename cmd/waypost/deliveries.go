package main

import (
	"net/url"

	"github.com/spf13/cobra"
)

// deliveryList is the list of outgoing calls, to partners' postbacks and to impression
// destinations.
var deliveryList = listing{
	path:    "/api/v1/deliveries",
	columns: []string{"id", "time", "kind", "state", "attempts", "partner", "offer", "name", "httpStatus", "error", "calledURL"},
	filters: everywhere(map[string]string{
		"state": "only these states: pending, delivered, parked or suspended; joined by commas",
		"kind":  "only these kinds: postback or impression",
		"name":  "only this postback of the partner, or destination of the offer",
		"event": "only calls for this conversion or impression",
	}),
}

func newDeliveriesCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "deliveries", Short: "List and retry outgoing calls"}
	cmd.AddCommand(deliveryList.command("List deliveries, newest first", `  waypost deliveries list --state parked`), newDeliveriesRetryCommand())
	return cmd
}

// newDeliveriesRetryCommand makes "deliveries retry". A call that is made again has the
// same delivery id, and so the same Idempotency-Key.
func newDeliveriesRetryCommand() *cobra.Command {
	var client apiClient
	var network string
	cmd := &cobra.Command{
		Use:   "retry ID…",
		Short: "Try parked deliveries again, now",
		Args:  cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, ids []string) error {
			return eachOf(cmd, "delivery", ids, func(id string) (string, error) {
				err := client.post(cmd.Context(), "/api/v1/deliveries/"+url.PathEscape(id)+"/retry", inNetwork(network), struct{}{}, &row{})
				return "retried", err
			})
		},
	}
	client.addFlags(cmd.Flags())
	cmd.Flags().StringVar(&network, "network", "", "the network (namespace) of the deliveries; without it the right in all of them is needed")
	withoutTwins(cmd.Flags(), "network")
	return cmd
}
