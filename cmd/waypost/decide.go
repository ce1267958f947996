package main

// Decisions on conversions. A decision moves money, so it is made in two steps: what it
// would change is listed and added up first, then a question is asked at the terminal.
// A script has no terminal and needs --yes. Each conversion is then decided by itself,
// under the status that was shown: if that has changed meanwhile, it is refused
// (status_changed) and not decided by a rule that was meant for another status. Ids that
// are given by hand are decided at once, without a list.

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/waypost/waypost/tracker/ledger/moderation"
	"github.com/waypost/waypost/tracker/ledger/query"
)

// decider approves, rejects or releases conversions: single ones by id, or all that a
// filter selects.
type decider struct {
	act                 moderation.Act
	client              apiClient
	filter              listFilter
	all, yes, dryRun    bool
	note, partnerReason string
	// terminal reports whether r is a terminal, where a question can be answered.
	terminal func(r io.Reader) bool
}

// isTerminal is decider.terminal outside of tests.
func isTerminal(r io.Reader) bool {
	f, ok := r.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// decisionDocs begin the help of each act. The rules behind them are in package judge.
var decisionDocs = map[moderation.Act]string{
	moderation.Approve: "Approve pending conversions; while the offer's hold goes on, that means hold. Approving again changes nothing.",
	moderation.Reject:  "Reject conversions that are pending or on hold.",
	moderation.Release: "Approve conversions on hold at once, before their hold ends by itself.",
}

// newDecideCommand makes approve, reject or release. It has the filters of the list, so
// that a list that was looked at becomes a decision by changing one word.
func newDecideCommand(act moderation.Act, terminal func(io.Reader) bool) *cobra.Command {
	d := &decider{act: act, terminal: terminal}
	status := names(act.Open(), ",")
	cmd := &cobra.Command{
		Use:   string(act) + " [ID…]",
		Short: "Decide: " + string(act) + " conversions by id, or with --all those that filters select",
		Long: decisionDocs[act] + `

With --all at least one filter besides --network and --limit is needed, and beside
--status approved or rejected another one. Without --status it is ` + status + `. The count
and the money are shown, and a question is asked; --yes answers it in scripts, --dry-run
decides nothing. What is refused is named, the others are decided, and the status is 1.`,
		Example: "  waypost conversions " + string(act) + " 3f9c…\n" +
			"  waypost conversions " + string(act) + " --all --offer shoe-club --to 2026-11-20 --note checked --dry-run",
		RunE: d.run,
	}
	flags := cmd.Flags()
	d.client.addFlags(flags)
	d.filter.addFlags(flags, conversionList.filters)
	flags.BoolVar(&d.all, "all", false, "every conversion that the filters select")
	flags.BoolVar(&d.yes, "yes", false, "decide without a question")
	flags.BoolVar(&d.dryRun, "dry-run", false, "show what would be decided, and decide nothing")
	flags.StringVar(&d.note, "note", "", "internal note for the conversion's history; partners never see it")
	withoutTwins(flags, "all", "yes", "dry-run", "note")
	flags.Lookup("status").Usage += "; default " + status
	if act == moderation.Reject {
		flags.StringVar(&d.partnerReason, "partner-reason", "", "what the partner reads as the reason; default rejected_by_moderator")
		withoutTwins(flags, "partner-reason")
	}
	return cmd
}

func names(list []query.Status, separator string) string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = string(s)
	}
	return strings.Join(out, separator)
}

// run checks, finds, asks, and decides one conversion after the other. seen holds the
// status that was shown for each id; it is empty where nothing was listed, and then the
// ledger decides whatever the status is by then.
func (d *decider) run(cmd *cobra.Command, ids []string) error {
	if err := d.check(cmd, ids); err != nil {
		return err
	}
	seen := map[string]string{}
	if d.all || d.dryRun {
		rows, err := d.find(cmd, ids)
		if err != nil || len(rows) == 0 {
			return err
		}
		ids = nil
		for _, r := range rows {
			ids = append(ids, cell(r["id"]))
			seen[cell(r["id"])] = cell(r["status"])
		}
		if proceed, err := d.ask(cmd, rows); !proceed {
			return err
		}
	}
	document := map[string]string{"note": d.note, "partnerReason": d.partnerReason}
	return eachOf(cmd, "conversion", ids, func(id string) (string, error) {
		var c row
		query := inNetwork(*d.filter.values["network"])
		if seen[id] != "" {
			query.Set("status", seen[id])
		}
		err := d.client.post(cmd.Context(), conversionList.path+"/"+url.PathEscape(id)+"/"+string(d.act), query, document, &c)
		return cell(c["status"]), err
	})
}

// check refuses what selects nothing, or too much. A filter whose value is empty, as
// from an unset variable in a script, is refused rather than dropped: dropping it would
// widen the selection to everything.
func (d *decider) check(cmd *cobra.Command, ids []string) error {
	if d.all == (len(ids) > 0) {
		return errors.New("give the ids of conversions, or --all with a filter")
	}
	if slices.Contains(ids, "") || d.filter.limit < 0 {
		return errors.New("an id is empty, or --limit negative")
	}
	narrowed := false
	for name, value := range d.filter.values {
		if !cmd.Flags().Changed(name) {
			continue
		}
		switch {
		case *value == "":
			return fmt.Errorf("--%s is empty: give a value, or leave it out", name)
		case name == "network":
		case !d.all:
			return fmt.Errorf("--%s is a filter and goes with --all; --note is the text of a decision", name)
		case name != "status" || !strings.Contains(*value, "approved") && !strings.Contains(*value, "rejected"):
			narrowed = true
		}
	}
	if d.all && !narrowed {
		return errors.New("--all needs a filter besides --network and --limit, and beside a final --status another one: name an offer, a partner, a time…")
	}
	return nil
}

// find lists what the decision is about, without what it would not change.
func (d *decider) find(cmd *cobra.Command, ids []string) ([]row, error) {
	var rows []row
	for _, id := range ids {
		var c row
		if err := d.client.getJSON(cmd.Context(), conversionList.path+"/"+url.PathEscape(id), inNetwork(*d.filter.values["network"]), &c); err != nil {
			return nil, fmt.Errorf("conversion %s: %w", id, err)
		}
		rows = append(rows, c)
	}
	if d.all {
		if status := d.filter.values["status"]; *status == "" {
			*status = names(d.act.Open(), ",")
		}
		var err error
		if rows, err = d.filter.list(cmd.Context(), &d.client, conversionList.path); err != nil {
			return nil, err
		}
	}
	items, err := conversionsOf(rows)
	if err != nil {
		return nil, err
	}
	open := rows[:0]
	for i := range items {
		if x := d.decision(); !x.Settled(&items[i]) {
			open = append(open, rows[i])
		}
	}
	if len(open) == 0 {
		fmt.Fprintf(cmd.OutOrStdout(), "nothing to %s: none, or all decided so already (--status says which are looked at)\n", d.act)
	}
	return open, nil
}

// conversionsOf reads rows of the API as conversions, for the ledger's own rules and
// exact sums. The rows stay beside them for the table.
func conversionsOf(rows []row) ([]query.Conversion, error) {
	data, err := json.Marshal(rows)
	if err != nil {
		return nil, fmt.Errorf("reading conversions: %w", err)
	}
	var items []query.Conversion
	if err := json.Unmarshal(data, &items); err != nil {
		return nil, fmt.Errorf("reading conversions: %w", err)
	}
	return items, nil
}

// ask shows count and money, and reports whether to go on. Any answer but y or yes is a
// no, and an error, so that a script does not take it for a decision. A dry run prints
// its table to standard output, because there it is the result.
func (d *decider) ask(cmd *cobra.Command, rows []row) (bool, error) {
	text, err := d.total(rows)
	if err != nil {
		return false, err
	}
	if d.dryRun {
		err := printTable(cmd.OutOrStdout(), append([]string{"network"}, conversionList.columns...), rows)
		fmt.Fprint(cmd.OutOrStdout(), text)
		return false, err
	}
	fmt.Fprint(cmd.ErrOrStderr(), text)
	switch {
	case d.yes:
		return true, nil
	case !d.terminal(cmd.InOrStdin()):
		return false, errors.New("nothing was decided: there is no terminal to ask at; give --yes to decide, or --dry-run to look")
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "%s them? [y/N] ", strings.ToUpper(string(d.act[:1]))+string(d.act[1:]))
	answer, err := bufio.NewReader(cmd.InOrStdin()).ReadString('\n')
	if answer = strings.ToLower(strings.TrimSpace(answer)); answer == "y" || answer == "yes" {
		return true, nil
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return false, fmt.Errorf("reading the answer: %w", err)
	}
	return false, errors.New("nothing was decided")
}

// decision is what is to be done with each conversion.
func (d *decider) decision() moderation.Decision {
	return moderation.Decision{Act: d.act, Note: d.note, PartnerReason: d.partnerReason}
}

// total is what a decision changes: how many, by status and currency, and the money.
func (d *decider) total(rows []row) (string, error) {
	items, err := conversionsOf(rows)
	if err != nil {
		return "", err
	}
	x := d.decision()
	items = slices.DeleteFunc(items, func(c query.Conversion) bool { return !x.Changes(&c) })
	totals, err := moderation.Totals(items)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "to %s: %d conversions\n", d.act, len(items))
	for _, t := range totals {
		fmt.Fprintf(&b, "  %d %s: payout %s %s, revenue %s %s\n", t.Count, t.Status, t.Payout, t.Currency, t.Revenue, t.Currency)
	}
	if n := len(rows) - len(items); n > 0 {
		fmt.Fprintf(&b, "  %d refused: %s\n", n, moderation.ReasonNotOnHold)
	}
	return b.String(), nil
}
