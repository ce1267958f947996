package main

// An explanation takes these steps:
//
//  1. The click id is opened with the sealing keys. It holds its moment and the hashes of
//     offer and partner, so no ledger is needed for it (docs/click-id.md).
//  2. Offer and partner are looked up in the compiled manifests.
//  3. What the click brought along is fetched from the ledger, where it answers, and
//     completed by --field. Rules may depend on it.
//  4. The postback is checked as a tracker would and judged as the ledger would
//     (replay.First), in books without history: uniqueness, caps and sessions are not
//     looked at, and the verdict has a remark about it.
//  5. The pricing is repeated with its steps, those that were passed over included.

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/waypost/waypost/api/money"
	"github.com/waypost/waypost/api/pricing"
	"github.com/waypost/waypost/api/seal"
	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/controllers/compile"
	"github.com/waypost/waypost/tracker/clickid"
	"github.com/waypost/waypost/tracker/journal"
	"github.com/waypost/waypost/tracker/ledger/judge"
	"github.com/waypost/waypost/tracker/live"
	"github.com/waypost/waypost/tracker/replay"
	"github.com/waypost/waypost/tracker/server"
)

func newExplainCommand() *cobra.Command {
	var e explanation
	var config, data, amount, at string
	cmd := &cobra.Command{
		Use:   "explain --clickid ID",
		Short: "Show which goal, payout rule and verdict a postback would get, and why",
		Long: `Reads a click id without any look-up, finds its goal in the manifests and prices a
conversion as the ledger would, with every step. What the click brought along (sub ids,
source, country) is asked of the admin port when it answers, and can be given with --field.`,
		Example: "  waypost explain --config config/samples --clickid UWsBF… --goal 2 --amount 10",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := e.checkFields(); err != nil {
				return err
			}
			keys, err := seal.LoadDir(data)
			if err != nil {
				return fmt.Errorf("reading the sealing keys that the id was made with (--data): %w", err)
			}
			e.goal = cmp.Or(strings.TrimSpace(e.goal), "1") // as a postback is read
			if amount = strings.TrimSpace(amount); amount != "" {
				sale, err := money.ParseSale(amount)
				if err != nil {
					return fmt.Errorf("--amount: bad_amount: %w", err)
				}
				e.amount = &sale
			}
			e.at = clock()
			if at != "" {
				if e.at, err = time.Parse(time.RFC3339, at); err != nil {
					return fmt.Errorf("--at: use RFC 3339, such as 2026-12-01T00:00:00Z: %w", err)
				}
			}
			index, err := loadIndex(cmd.Context(), cmd.ErrOrStderr(), compile.Options{AssumeSecrets: true}, config)
			if err != nil {
				return err
			}
			return e.print(cmd.Context(), cmd.OutOrStdout(), index, keys)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&config, "config", "config/samples", "directory with manifests")
	flags.StringVar(&data, "data", "data", "directory with the sealing keys")
	flags.StringVar(&e.id, "clickid", "", "click id, or the aimp_id of an impression")
	flags.StringVar(&e.goal, "goal", "1", "goal value")
	flags.StringVar(&amount, "amount", "", "sale amount")
	flags.StringVar(&at, "at", "", "moment of the conversion, RFC 3339; default now")
	flags.StringToStringVar(&e.fields, "field", nil, "what a rule may ask for, such as sub2=email; repeatable")
	e.client.addFlags(flags)
	_ = cmd.MarkFlagRequired("clickid") // the flag exists
	return cmd
}

// explanation is what is asked, and what is found on the way to the answer.
type explanation struct {
	client   apiClient
	id, goal string        // id is a click's or an impression's, goal a value
	amount   *money.Amount // of the sale; nil for a postback without one
	at       time.Time     // the moment of the conversion: overrides have windows
	// fields are what rules may ask for, by name: given by hand, then completed by the
	// click's row. A value by hand wins, to try out another one.
	fields map[string]string
}

// print writes the explanation, a line for each thing that was found. Its errors begin
// with the reason code that the postback would be answered with, where there is one.
func (e *explanation) print(ctx context.Context, w io.Writer, index *live.Index, keys *seal.Keyring) error {
	id, err := clickid.Open(keys, e.id)
	if err != nil {
		return fmt.Errorf("bad_click_id: %w", err)
	}
	line := func(what, format string, args ...any) {
		fmt.Fprintf(w, "%-9s %s\n", what, fmt.Sprintf(format, args...))
	}
	kind := "click"
	if id.Kind == clickid.Impression {
		kind = "impression"
	}
	line(kind, "%s, sealed with key %d", id.Time().UTC().Format(time.RFC3339), id.KeyID)
	network, offer, partner := attribution(index, id)
	if offer == nil || partner == nil {
		return errors.New("bad_click_id: its offer or partner is in none of these manifests")
	}
	line("network", "%s", network.Name)
	line("offer", "%s (%s)", offer.Name, offer.Body.TrackingID)
	line("partner", "%s (%s)", partner.Name, partner.Body.TrackingID)
	e.complete(ctx, line)
	in, visit := e.recorded(id, network, offer, partner)
	goal := offer.Goal(e.goal)
	if goal != nil {
		if in.Via = doorOf(goal.Body().Protocol); in.Via != journal.ViaServer {
			in.Params = append(in.Params, journal.Param{Name: "encrypted", Value: "1"})
			in.Goal = goal.Body().Value // as the sealed form of its link
		}
	}
	entry, outcome, known := replay.First(index, in, visit)
	if !known {
		return errors.New("bad_click_id: its offer or partner is not served by these manifests")
	}
	if goal == nil {
		line("verdict", "%s: %s", outcome.Verdict.Verdict, outcome.Verdict.Reason)
		return nil
	}
	body := goal.Body()
	line("goal", "%s %s", body.Value, body.Title)
	if !outcome.GoalClick {
		if err := e.price(line, network, offer, partner, &body); err != nil {
			line("verdict", "refused: bad_amount (%v)", err)
			return nil
		}
	}
	line("verdict", "%s", verdictText(entry, &outcome))
	if only := pixelOf(body.Protocol); only != "" && outcome.Verdict.Verdict != judge.Refused {
		line("", "by %s only; a server postback is refused: wrong_protocol", only)
	}
	if entry.Terms.Offer.KeyRequired && in.Via == journal.ViaServer {
		line("", "with the key of the network, the advertiser or the offer only; else refused: bad_key")
	}
	return nil
}

// price prints both sides and the rules that lead to them: first those that were passed
// over, then the path that was taken. It fails where the amount is too large to be
// priced, which is bad_amount.
func (e *explanation) price(line func(what, format string, args ...any), network *live.Network, offer *live.Offer, partner *live.Partner, goal *snapshot.Goal) error {
	selection := pricing.Selection{
		Partner: partner.Body, PartnerName: partner.Name, OfferName: offer.Name, Goal: goal,
		Payouts: network.Payouts(partner.Name, offer.Name), Structure: network.Structure, At: e.at,
	}
	result, err := pricing.Select(selection).Price(pricing.Facts{Amount: e.amount, Field: func(name string) (string, bool) {
		value, ok := e.fields[name]
		return value, ok
	}})
	if err != nil {
		return err
	}
	payout, revenue := pricing.PassedOver(selection)
	printSide(line, "payout", result.Payout, offer.Body.Currency, append(payout, result.PayoutPath...))
	printSide(line, "revenue", result.Revenue, offer.Body.Currency, append(revenue, result.RevenuePath...))
	return nil
}

// recorded returns the postback that is asked about, in the form of a line of the log,
// and the visit that it belongs to, so that both pass through the code of a replay.
func (e *explanation) recorded(id clickid.ID, network *live.Network, offer *live.Offer, partner *live.Partner) (*server.Recorded, *judge.Visit) {
	in := &server.Recorded{At: e.at, Network: network.Name, Offer: offer.Name, Partner: partner.Name, ClickID: e.id,
		SessionAt: id.Time().Unix(), Params: []journal.Param{{Name: "goal", Value: e.goal}}}
	if id.Kind == clickid.Impression {
		in.ClickID, in.AimpID = "", e.id
	}
	if e.amount != nil {
		in.Params = append(in.Params, journal.Param{Name: "amount", Value: e.amount.String()})
	}
	visit := &judge.Visit{At: id.Time().UnixMicro(), Source: e.fields["source"], Country: e.fields["country"], Device: e.fields["device"]}
	for i := range visit.Subs {
		visit.Subs[i] = e.fields[fmt.Sprintf("sub%d", i+1)]
	}
	for _, name := range postbackFields() {
		if value := e.fields[name]; value != "" {
			in.Params = append(in.Params, journal.Param{Name: name, Value: value})
		}
	}
	return in, visit
}

// checkFields refuses fields that no rule can ask for: a misspelt one would be ignored,
// and the explanation would be that of another postback.
func (e *explanation) checkFields() error {
	known := append(clickFields(), postbackFields()...)
	for name := range e.fields {
		if !slices.Contains(known, name) {
			return fmt.Errorf("--field %s: no rule asks for that; use one of %s (the amount has --amount)", name, strings.Join(known, ", "))
		}
	}
	return nil
}

// postbackFields are what rules may ask of a postback, besides the amount.
func postbackFields() []string {
	return []string{"adv_sub1", "adv_sub2", "adv_sub3", "adv_sub4", "adv_sub5", "promo_code"}
}

// doorOf is the way by which a goal is reported.
func doorOf(protocol snapshot.Protocol) journal.Via {
	switch pixelOf(protocol) {
	case "image pixel":
		return journal.ViaImage
	case "iframe pixel":
		return journal.ViaIFrame
	}
	return journal.ViaServer
}

// verdictText is what the postback would be answered, and what that depends on besides.
func verdictText(entry *journal.Postback, o *judge.Outcome) string {
	const unless = ", if it is the first and no cap is reached"
	switch v := o.Verdict; {
	case o.GoalClick:
		return "counted as a click on the goal: it pays nothing"
	case v.Reason != "":
		return v.Verdict + ": " + v.Reason
	case v.Verdict == judge.Pending && entry.Terms.Goal.Manual:
		return "pending (approval is manual)" + unless
	case v.Verdict == judge.Hold:
		return fmt.Sprintf("hold for %d hours, then approved", entry.Terms.Offer.HoldHours) + unless
	default:
		return v.Verdict + unless
	}
}

// pixelOf names the pixel that a goal is reported by; "" if it is a server postback.
func pixelOf(protocol snapshot.Protocol) string {
	switch protocol {
	case snapshot.ProtocolImage, snapshot.ProtocolImageSSL:
		return "image pixel"
	case snapshot.ProtocolIFrame, snapshot.ProtocolIFrameSSL:
		return "iframe pixel"
	}
	return ""
}

// printSide prints the amount of payout or revenue, and its steps numbered below.
func printSide(line func(what, format string, args ...any), side string, amount money.Amount, currency string, path []pricing.Step) {
	line(side, "%s %s", amount, currency)
	for i, step := range path {
		line("", "%d. %s: %s", i+1, step.Rule, step.Detail)
	}
}

// attribution finds the network, offer and partner that an id names. An id holds hashes
// and no network, so each network is looked at; all results are nil where none has the
// offer, and the partner alone is nil where that is gone.
func attribution(index *live.Index, id clickid.ID) (*live.Network, *live.Offer, *live.Partner) {
	for _, n := range index.Networks() {
		if offer := n.OfferByHash(id.OfferHash); offer != nil {
			return n, offer, n.PartnerByHash(id.PartnerHash)
		}
	}
	return nil, nil, nil
}

// complete asks the ledger for the data of the click. Without an answer the rules have
// only what was given by hand, and the explanation has a line about it.
func (e *explanation) complete(ctx context.Context, line func(what, format string, args ...any)) {
	var click row
	if err := e.client.getJSON(ctx, "/api/v1/clicks/"+url.PathEscape(e.id), nil, &click); err != nil {
		line("data", "of the click are not known (%s); rules see only --field", strings.SplitN(err.Error(), ":", 2)[0])
		return
	}
	if e.fields == nil {
		e.fields = map[string]string{}
	}
	var known []string
	for _, name := range clickFields() {
		value := cell(click[name])
		if _, given := e.fields[name]; value != "" && !given {
			e.fields[name] = value
			known = append(known, name+"="+printable(value))
		}
	}
	line("data", "%s", cmp.Or(strings.Join(known, " "), "none: the click brought nothing that rules ask for"))
}

// clickFields are what rules may ask of a click.
func clickFields() []string {
	fields := []string{"source", "country", "device"}
	for i := 1; i <= 10; i++ {
		fields = append(fields, fmt.Sprintf("sub%d", i))
	}
	return fields
}
