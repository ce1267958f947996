package browser

import (
	"net/http"
	"slices"
	"testing"
)

// TestServerPartnerPostbacksWithoutAClick: a goal for partners' own postbacks needs
// neither a browser nor a click, only offer and partner.
func TestServerPartnerPostbacksWithoutAClick(t *testing.T) {
	w := startWaypost(t)
	for _, query := range []string{
		"offer=1001&partner=2002&goal=lead&order_id=1",
		"offer=1001&partner=2002&goal=lead&order_id=1",
		"offer=1001&partner=2002&goal=lead&order_id=2",
		"offer=1001&partner=9999&goal=lead&order_id=3",
		"offer=1001&partner=2002&goal=image&order_id=4",
	} {
		r, err := http.NewRequestWithContext(t.Context(), "GET", "http://"+w.public+"/postback?"+query, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = "go.net.example"
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		if err := res.Body.Close(); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{"1 approved ", "1 refused duplicate", "2 approved ", "3 refused missing_click_id", "4 refused missing_click_id"}
	var got []string
	eventually(t, "the ledger to judge every postback", func() bool {
		got = nil
		for _, p := range w.postbacks(t) {
			got = append(got, p.OrderID+" "+p.Verdict+" "+p.Reason)
		}
		return len(got) == len(want)
	})
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("the postback log has %q, want %q", got, want)
	}
}
