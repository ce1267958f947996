package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/url"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/waypost/waypost/api/money"
	"github.com/waypost/waypost/api/pricing"
	"github.com/waypost/waypost/controllers/compile"
	"github.com/waypost/waypost/tracker/ledger/report/books"
	"github.com/waypost/waypost/tracker/live"
)

func newReplayCommand() *cobra.Command {
	var client apiClient
	var config, output string
	var since time.Duration
	cmd := &cobra.Command{
		Use:   "replay --config DIR",
		Short: "Price recorded conversions again under another configuration: the difference per partner",
		Long: `Fetches the conversions of a time from the admin port and prices each again, as of its own
moment and with its own click, under the manifests in --config. Nothing is changed.
Rejected conversions are left out, but for those of unknown goals that the manifests know.`,
		Example: "  waypost replay --config networks --since 168h",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			index, err := loadIndex(cmd.Context(), cmd.ErrOrStderr(), compile.Options{AssumeSecrets: true}, config)
			if err != nil {
				return err
			}
			r := newReplay(index)
			query := url.Values{"from": {clock().Add(-since).UTC().Format(time.RFC3339)}}
			if err := eachConversion(cmd.Context(), &client, query, r.add); err != nil {
				return err
			}
			if output == "json" {
				return printJSON(cmd.OutOrStdout(), r.lines())
			}
			return r.print(cmd.OutOrStdout())
		},
	}
	client.addFlags(cmd.Flags())
	cmd.Flags().StringVar(&config, "config", "config/samples", "directory with the other manifests")
	cmd.Flags().DurationVar(&since, "since", 168*time.Hour, "how far back")
	cmd.Flags().StringVarP(&output, "output", "o", "table", "table or json")
	return cmd
}

// eachConversion follows the cursor of the list and hands over each conversion.
func eachConversion(ctx context.Context, client *apiClient, query url.Values, each func(books.Conversion) error) error {
	query.Set("limit", "1000")
	for {
		var page struct {
			Items []json.RawMessage `json:"items"`
			Next  string            `json:"next"`
		}
		if err := client.getJSON(ctx, "/api/v1/conversions", query, &page); err != nil {
			return err
		}
		for _, item := range page.Items {
			var c books.Conversion
			if err := json.Unmarshal(item, &c); err != nil {
				return fmt.Errorf("reading a conversion: %w", err)
			}
			if err := each(c); err != nil {
				return err
			}
		}
		if page.Next == "" {
			return nil
		}
		query.Set("cursor", page.Next)
	}
}

// replayLine is what one partner's conversions of one currency come to.
type replayLine struct {
	Network     string       `json:"network"`
	Partner     string       `json:"partner"`
	Currency    string       `json:"currency"`
	Conversions int          `json:"conversions"`
	Changed     int          `json:"changed"`
	OldPayout   money.Amount `json:"oldPayout"`
	NewPayout   money.Amount `json:"newPayout"`
	OldRevenue  money.Amount `json:"oldRevenue"`
	NewRevenue  money.Amount `json:"newRevenue"`
	// Unpriced conversions have an offer, partner or goal that the manifests lack;
	// they keep their old price in the sums.
	Unpriced int `json:"unpriced"`
}

type replayKey struct{ network, partner, currency string }

// replay sums up what conversions were and would be.
type replay struct {
	index   *live.Index
	perLine map[replayKey]*replayLine
}

func newReplay(index *live.Index) *replay {
	return &replay{index: index, perLine: map[replayKey]*replayLine{}}
}

func (r *replay) add(c books.Conversion) error {
	unknownGoal := c.Status == "rejected" && c.Reason == "unknown_goal"
	if c.Status == "rejected" && !unknownGoal {
		return nil
	}
	payout, revenue, known, err := r.price(c)
	if err != nil {
		return fmt.Errorf("pricing conversion %s: %w", c.ID, err)
	}
	if unknownGoal && !known {
		return nil
	}
	line := r.line(c)
	line.Conversions++
	old := money.Amount(0)
	if c.Revenue != nil {
		old = *c.Revenue
	}
	if !known {
		payout, revenue = c.Payout, old
		line.Unpriced++
	}
	if payout != c.Payout || revenue != old {
		line.Changed++
	}
	for _, sum := range []struct {
		to *money.Amount
		by money.Amount
	}{{&line.OldPayout, c.Payout}, {&line.NewPayout, payout}, {&line.OldRevenue, old}, {&line.NewRevenue, revenue}} {
		if *sum.to, err = sum.to.Add(sum.by); err != nil {
			return fmt.Errorf("adding up partner %s: %w", c.Partner, err)
		}
	}
	return nil
}

func (r *replay) line(c books.Conversion) *replayLine {
	key := replayKey{c.Network, c.Partner, c.Currency}
	if r.perLine[key] == nil {
		r.perLine[key] = &replayLine{Network: c.Network, Partner: c.Partner, Currency: c.Currency}
	}
	return r.perLine[key]
}

// price is what the conversion would be worth; known is false when the manifests
// lack its offer, partner or goal.
func (r *replay) price(c books.Conversion) (payout, revenue money.Amount, known bool, err error) {
	network := r.index.NetworkByName(c.Network)
	if network == nil {
		return 0, 0, false, nil
	}
	offer, partner := network.OfferByName(c.Offer), network.PartnerByName(c.Partner)
	if offer == nil || partner == nil {
		return 0, 0, false, nil
	}
	goal := offer.Goal(cmp.Or(c.Goal, c.GoalRaw))
	if goal == nil {
		return 0, 0, false, nil
	}
	terms := pricing.Select(pricing.Selection{
		Partner: partner.Body, PartnerName: partner.Name, OfferName: offer.Name, Goal: goal.Body,
		Payouts: network.Payouts(partner.Name), Structure: network.Structure, At: c.Time,
	})
	result, err := terms.Price(factsOf(c))
	return result.Payout, result.Revenue, true, err
}

// factsOf is what rules may ask of a conversion.
func factsOf(c books.Conversion) pricing.Facts {
	known := map[string]string{"source": c.Source, "country": c.Country, "device": c.Device}
	for i, sub := range []string{c.Sub1, c.Sub2, c.Sub3, c.Sub4, c.Sub5, c.Sub6, c.Sub7, c.Sub8, c.Sub9, c.Sub10} {
		known[fmt.Sprintf("sub%d", i+1)] = sub
	}
	maps.Copy(known, c.Extras)
	return pricing.Facts{Amount: c.Amount, Field: func(name string) (string, bool) {
		value, ok := known[name]
		return value, ok
	}}
}

func (r *replay) lines() []replayLine {
	var lines []replayLine
	for _, l := range r.perLine {
		lines = append(lines, *l)
	}
	slices.SortFunc(lines, func(a, b replayLine) int {
		return cmp.Or(cmp.Compare(a.Network, b.Network), cmp.Compare(a.Partner, b.Partner), cmp.Compare(a.Currency, b.Currency))
	})
	return lines
}

func (r *replay) print(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	fmt.Fprintln(t, "NETWORK\tPARTNER\tCONVERSIONS\tCHANGED\tUNPRICED\tPAYOUT\tNEW PAYOUT\tREVENUE\tNEW REVENUE\tCURRENCY")
	for _, l := range r.lines() {
		fmt.Fprintf(t, "%s\t%s\t%d\t%d\t%d\t%s\t%s\t%s\t%s\t%s\n", l.Network, l.Partner, l.Conversions, l.Changed, l.Unpriced,
			l.OldPayout, l.NewPayout, l.OldRevenue, l.NewRevenue, l.Currency)
	}
	return t.Flush()
}
