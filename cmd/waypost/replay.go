package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/waypost/waypost/controllers/compile"
	"github.com/waypost/waypost/tracker/ledger/judge"
	"github.com/waypost/waypost/tracker/ledger/query"
	"github.com/waypost/waypost/tracker/live"
	"github.com/waypost/waypost/tracker/replay"
)

// newReplayCommand makes "replay". The package of that name judges; here is what it is
// fed with: conversions and the postback log of a time, from the API, in the order of
// time, and the data of clicks where a rule asks for them.
func newReplayCommand() *cobra.Command {
	var client apiClient
	var config, output string
	var since time.Duration
	cmd := &cobra.Command{
		Use:   "replay --config DIR",
		Short: "Judge and price recorded postbacks again under another configuration: the difference per partner",
		Long: `Fetches the postback log of a time, and its conversions, from the admin port, and judges each
postback again in its order, as of its own moment and with its own click, under the manifests
in --config: those that were refused or rejected too, and the decisions of moderators. Nothing
is changed. What cannot be replayed is listed below the table.`,
		Example: "  waypost replay --config networks --since 168h",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			index, err := loadIndex(cmd.Context(), cmd.ErrOrStderr(), compile.Options{AssumeSecrets: true}, config)
			if err != nil {
				return err
			}
			now := clock()
			outcome, err := replayed(cmd.Context(), &client, index, now.Add(-since), now)
			if err != nil {
				return err
			}
			if output == "json" {
				return printJSON(cmd.OutOrStdout(), outcome)
			}
			return printOutcome(cmd.OutOrStdout(), outcome)
		},
	}
	client.addFlags(cmd.Flags())
	cmd.Flags().StringVar(&config, "config", "config/samples", "directory with the other manifests")
	cmd.Flags().DurationVar(&since, "since", 168*time.Hour, "how far back")
	cmd.Flags().StringVarP(&output, "output", "o", "table", "table or json")
	return cmd
}

// happened is a postback or a moderator's decision, in the order of time.
type happened struct {
	at       time.Time
	postback *query.Postback
	// decision is what a moderator decided about a conversion.
	decision   *query.Change
	conversion string
}

// replayed fetches what happened from since until until, and replays it. Conversions
// come first, because the replay has to hold all of them before the first postback, and
// because most hold the data of their click, which then need not be fetched. Postbacks
// of the same moment stay in the order of the log.
func replayed(ctx context.Context, client *apiClient, index *live.Index, since, until time.Time) (*replay.Outcome, error) {
	span := url.Values{"from": {since.UTC().Format(time.RFC3339Nano)}, "to": {until.UTC().Format(time.RFC3339Nano)}}
	clicks := visits{ctx: ctx, client: client, known: map[string]*judge.Visit{}}
	r := replay.New(index, since, clicks.find)
	var events []happened
	err := eachItem(ctx, client, "/api/v1/conversions", span, func(c query.Conversion) {
		r.Recorded(&c)
		clicks.keep(&c)
		for i := range c.History {
			if by := c.History[i].By; by != judge.ByPostback && by != judge.ByHold {
				events = append(events, happened{at: c.History[i].Time, decision: &c.History[i], conversion: c.ID})
			}
		}
	})
	if err != nil {
		return nil, err
	}
	err = eachItem(ctx, client, "/api/v1/postbacks", span, func(p query.Postback) { events = append(events, happened{at: p.Time, postback: &p}) })
	if err != nil {
		return nil, err
	}
	slices.Reverse(events) // the lists begin with the newest
	slices.SortStableFunc(events, func(a, b happened) int { return a.at.Compare(b.at) })
	for _, e := range events {
		if e.postback == nil {
			err = r.Moderation(e.conversion, e.decision)
		} else {
			err = r.Postback(e.postback)
		}
		if err != nil {
			return nil, err
		}
	}
	return r.Outcome()
}

// eachItem follows the cursor of a list and hands over each item, the newest first. The
// end of the span is fixed, so that what happens meanwhile stays out.
func eachItem[T any](ctx context.Context, client *apiClient, path string, span url.Values, each func(T)) error {
	span = url.Values{"from": span["from"], "to": span["to"], "limit": {"1000"}}
	for {
		var page struct {
			Items []json.RawMessage `json:"items"`
			Next  string            `json:"next"`
		}
		if err := client.getJSON(ctx, path, span, &page); err != nil {
			return err
		}
		for _, data := range page.Items {
			var item T
			if err := json.Unmarshal(data, &item); err != nil {
				return fmt.Errorf("reading an item of %s: %w", path, err)
			}
			each(item)
		}
		if page.Next == "" {
			return nil
		}
		span.Set("cursor", page.Next)
	}
}

// visits finds the data of clicks: from conversions where they hold it, else from the
// ledger. Each click is fetched once at most, one that is gone included.
type visits struct {
	ctx    context.Context // of the one command that this is for
	client *apiClient
	known  map[string]*judge.Visit // nil for a click that the ledger has no longer
}

// keep remembers what a conversion holds of its click. A conversion that was judged
// without the click's row holds nothing of it.
func (v *visits) keep(c *query.Conversion) {
	id := c.ClickID
	if id == "" {
		id = c.AimpID
	}
	if id != "" && !c.ClickDataMissing {
		v.known[id] = visitOf(c.Source, c.Country, c.Device, c.Subs)
	}
}

// visitOf returns what rules may ask of a click. Its moment is not set.
func visitOf(source, country, device string, s query.Subs) *judge.Visit {
	return &judge.Visit{Source: source, Country: country, Device: device,
		Subs: [10]string{s.Sub1, s.Sub2, s.Sub3, s.Sub4, s.Sub5, s.Sub6, s.Sub7, s.Sub8, s.Sub9, s.Sub10}}
}

// find is replay.Visits. A conversion holds what its click brought along, but not its moment.
func (v *visits) find(id string, exact bool) (*judge.Visit, error) {
	if known, ok := v.known[id]; ok && (!exact || known == nil || known.At != 0) {
		return known, nil
	}
	var click query.Click
	err := v.client.getJSON(v.ctx, "/api/v1/clicks/"+url.PathEscape(id), nil, &click)
	var answer *apiError
	switch {
	case err == nil:
		v.known[id] = visitOf(click.Source, click.Country, click.Device, click.Subs)
		v.known[id].At = click.Time.UnixMicro()
	case errors.As(err, &answer) && answer.status == http.StatusNotFound:
		v.known[id] = nil
	default:
		return nil, err
	}
	return v.known[id], nil
}

// printOutcome writes a line for each partner and currency, and below it how much could
// not be replayed and why: a difference is worth as much as what it leaves out.
func printOutcome(w io.Writer, o *replay.Outcome) error {
	t := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	fmt.Fprintln(t, "NETWORK\tPARTNER\tCONVERSIONS\tNEW CONVERSIONS\tCHANGED\tPAYOUT\tNEW PAYOUT\tREVENUE\tNEW REVENUE\tCURRENCY")
	for _, l := range o.Partners {
		fmt.Fprintf(t, "%s\t%s\t%d\t%d\t%d\t%s\t%s\t%s\t%s\t%s\n", l.Network, l.Partner, l.Conversions, l.NewConversions, l.Changed,
			l.OldPayout, l.NewPayout, l.OldRevenue, l.NewRevenue, l.Currency)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for _, n := range []struct {
		count int
		text  string
	}{
		{o.Left.Unknown, "postbacks of offers or partners that the manifests lack, left as they were"},
		{o.Left.Keys, "postbacks refused for their key, still refused since keys are not kept"},
		{o.Left.Before, "postbacks on conversions or sessions of before --since, left as they were"},
		{o.Left.Unlogged, "conversions whose postback is not in the log any more (--retain), left as they were"},
		{o.Left.Visits, "rules on the data of clicks that are gone (--retain): they did not match"},
	} {
		if n.count > 0 {
			fmt.Fprintf(w, "not replayed, %d: %s\n", n.count, n.text)
		}
	}
	if o.Left.Caps {
		fmt.Fprintln(w, "caps were counted from --since on, as if nothing had used them before")
	}
	return nil
}
