package docs_test

import (
	"strings"
	"testing"
	"time"

	"github.com/waypost/waypost/api/money"
	"github.com/waypost/waypost/api/pricing"
	"github.com/waypost/waypost/tracker/live"
)

// TestPayouts calculates every row of payouts.md from the manifests on that page, as
// "waypost explain" does.
func TestPayouts(t *testing.T) {
	records, _ := compiled(t, shownIn(t, "payouts.md"), samplesOf(t))
	index, err := live.Build(1, records)
	if err != nil {
		t.Fatal(err)
	}
	network := index.Networks()[0]
	rows := tables(read(t, "payouts.md"), "goal", "partner", "amount", "click", "at", "payout", "by", "revenue", "by")
	if len(rows) < 10 {
		t.Fatalf("payouts.md has %d rows", len(rows))
	}
	for _, row := range rows {
		for i := range row {
			row[i] = strings.Trim(row[i], "`")
		}
		t.Run(strings.Join(row[:5], ","), func(t *testing.T) {
			result := price(t, network, row)
			got := []string{result.Payout.String(), result.PayoutRule(), result.Revenue.String(), result.RevenueRule()}
			if want := row[5:]; strings.Join(got, " | ") != strings.Join(want, " | ") {
				t.Errorf("got %q, the page says %q", got, want)
			}
		})
	}
}

func price(t *testing.T, network *live.Network, row []string) pricing.Result {
	t.Helper()
	offer, partner := network.OfferByName("winter-boots"), network.PartnerByName(row[1])
	goal := offer.Goal(row[0])
	at, err := time.Parse(time.RFC3339, row[4])
	if err != nil || partner == nil || goal == nil {
		t.Fatal("the row names a partner, goal or time that does not exist", err)
	}
	var facts pricing.Facts
	if row[2] != "" {
		amount, err := money.ParseSale(row[2])
		if err != nil {
			t.Fatal(err)
		}
		facts.Amount = &amount
	}
	facts.Field = func(name string) (string, bool) {
		field, value, found := strings.Cut(row[3], "=")
		return value, found && field == name
	}
	body := goal.Body()
	result, err := pricing.Select(pricing.Selection{
		Partner: partner.Body, PartnerName: partner.Name, OfferName: offer.Name, Goal: &body,
		Payouts: network.Payouts(partner.Name, offer.Name), Structure: network.Structure, At: at,
	}).Price(facts)
	if err != nil {
		t.Fatal(err)
	}
	return result
}
