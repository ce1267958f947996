package main

import (
	"github.com/spf13/cobra"

	"github.com/waypost/waypost/tracker/ledger/moderation"
)

// conversionList is the list of conversions; decisions take its filters.
var conversionList = listing{
	path:    "/api/v1/conversions",
	columns: []string{"id", "time", "status", "reason", "offer", "partner", "goal", "orderID", "amount", "payout", "revenue", "currency"},
	filters: everywhere(map[string]string{
		"status":   "only these statuses: approved, pending, hold or rejected; joined by commas",
		"reason":   "only this reason code, or moderator's note",
		"click-id": "only this click",
		"order-id": "only this order id",
	}),
	follows: true,
}

func newConversionsCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "conversions", Short: "List, follow, approve, reject and release conversions"}
	list := conversionList.command("List conversions, newest first",
		"  waypost conversions list --status pending --offer shoe-club\n  waypost conversions list --follow")
	cmd.AddCommand(list)
	for _, act := range []moderation.Act{moderation.Approve, moderation.Reject, moderation.Release} {
		cmd.AddCommand(newDecideCommand(act, isTerminal))
	}
	return cmd
}
