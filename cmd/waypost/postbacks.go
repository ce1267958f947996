package main

import "github.com/spf13/cobra"

// postbackList is the server-postback log: every postback that is on disk, refused ones
// included (docs/rules.md, "Verdicts").
var postbackList = listing{
	path:    "/api/v1/postbacks",
	columns: []string{"time", "verdict", "reason", "offer", "partner", "goalRaw", "goal", "orderID", "source", "delaySeconds", "httpStatus", "clickID"},
	filters: everywhere(map[string]string{
		"verdict":    "only these verdicts: approved, pending, hold, rejected, refused; joined by commas",
		"reason":     "only this reason code",
		"click-id":   "only this click id, as sent",
		"order-id":   "only this order id",
		"conversion": "only what made, changed or repeated this conversion",
		"source":     "only from this address",
	}),
	follows: true,
}

func newPostbacksCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "postbacks", Short: "List and follow the server-postback log"}
	cmd.AddCommand(postbackList.command("List postbacks as they came, with their verdicts, newest first",
		"  waypost postbacks list --verdict refused,rejected --from 2026-11-20\n  waypost postbacks list --follow"))
	return cmd
}
