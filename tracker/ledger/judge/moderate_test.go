package judge

import (
	"slices"
	"strings"
	"testing"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/tracker/journal"
)

func TestModeration(t *testing.T) {
	one := caps(snapshot.Cap{Name: "c", Metric: snapshot.CapConversions, Window: snapshot.CapDay, Limit: 1})
	const now = (clickTime + 7200) * second
	type action struct {
		id string
		to snapshot.ConversionStatus
	}
	for name, test := range map[string]struct {
		posts   []step
		actions []action
		want    map[string]snapshot.ConversionStatus
		reason  string // of the history's last entry of the first conversion
		closed  bool
	}{
		"approve a pending one":        {posts: []step{do("pending", manual)}, actions: []action{{"c1", approved}}, want: map[string]snapshot.ConversionStatus{"c1": approved}, reason: "seen"},
		"reject a pending one":         {posts: []step{do("pending", manual)}, actions: []action{{"c1", rejected}}, want: map[string]snapshot.ConversionStatus{"c1": rejected}, reason: "seen"},
		"reject an approved one":       {posts: []step{do("approved")}, actions: []action{{"c1", rejected}}, want: map[string]snapshot.ConversionStatus{"c1": rejected}, reason: "seen"},
		"approve a rejected one":       {posts: []step{do("rejected rejected_by_advertiser", status(rejected))}, actions: []action{{"c1", approved}}, want: map[string]snapshot.ConversionStatus{"c1": approved}, reason: "seen"},
		"approve what was moderated":   {posts: []step{do("approved")}, actions: []action{{"c1", rejected}, {"c1", approved}}, want: map[string]snapshot.ConversionStatus{"c1": approved}, reason: "seen"},
		"release a hold":               {posts: []step{do("hold", holdHours(24))}, actions: []action{{"c1", approved}}, want: map[string]snapshot.ConversionStatus{"c1": approved}, reason: "seen"},
		"approve, but it is held":      {posts: []step{do("pending", manual, holdHours(24))}, actions: []action{{"c1", approved}}, want: map[string]snapshot.ConversionStatus{"c1": hold}, reason: "seen"},
		"approve and release":          {posts: []step{do("pending", manual, holdHours(24))}, actions: []action{{"c1", approved}, {"c1", approved}}, want: map[string]snapshot.ConversionStatus{"c1": approved}, reason: "seen"},
		"approve after the hold":       {posts: []step{do("pending", manual, holdHours(1))}, actions: []action{{"c1", approved}}, want: map[string]snapshot.ConversionStatus{"c1": approved}, reason: "seen"},
		"approve an approved one":      {posts: []step{do("approved")}, actions: []action{{"c1", approved}}, want: map[string]snapshot.ConversionStatus{"c1": approved}},
		"reject a rejected one":        {posts: []step{do("rejected rejected_by_advertiser", status(rejected))}, actions: []action{{"c1", rejected}}, want: map[string]snapshot.ConversionStatus{"c1": rejected}, reason: ReasonByAdvertiser},
		"no place in the cap":          {posts: []step{do("approved", one, click("2")), do("rejected cap_reached", one)}, actions: []action{{"c2", approved}}, want: map[string]snapshot.ConversionStatus{"c2": rejected}},
		"a place in the cap":           {posts: []step{do("approved", one, click("2")), do("rejected cap_reached", one)}, actions: []action{{"c1", rejected}, {"c2", approved}}, want: map[string]snapshot.ConversionStatus{"c1": rejected, "c2": approved}, reason: "seen"},
		"its key is taken":             {posts: []step{do("rejected currency_mismatch", currency("EUR")), do("approved")}, actions: []action{{"c1", approved}}, want: map[string]snapshot.ConversionStatus{"c1": rejected, "c2": approved}, reason: ReasonDuplicate},
		"its order is taken":           {posts: []step{do("rejected currency_mismatch", order("o"), currency("EUR")), do("approved", order("o"), click("2"))}, actions: []action{{"c1", approved}}, want: map[string]snapshot.ConversionStatus{"c1": rejected}, reason: ReasonDuplicate},
		"its key is free again":        {posts: []step{do("rejected currency_mismatch", currency("EUR"))}, actions: []action{{"c1", approved}}, want: map[string]snapshot.ConversionStatus{"c1": approved}, reason: "seen"},
		"an unknown goal":              {posts: []step{do("rejected unknown_goal", reason("unknown_goal"))}, actions: []action{{"c1", approved}}, want: map[string]snapshot.ConversionStatus{"c1": approved}, reason: "seen"},
		"an end point closes then":     {posts: []step{do("rejected rejected_by_advertiser", endPoint, status(rejected))}, actions: []action{{"c1", approved}}, want: map[string]snapshot.ConversionStatus{"c1": approved}, reason: "seen", closed: true},
		"a rejected end point closed":  {posts: []step{do("approved", endPoint)}, actions: []action{{"c1", rejected}}, want: map[string]snapshot.ConversionStatus{"c1": rejected}, reason: "seen", closed: true},
		"to neither of the two: no-op": {posts: []step{do("pending", manual)}, actions: []action{{"c1", hold}}, want: map[string]snapshot.ConversionStatus{"c1": pending}},
	} {
		t.Run(name, func(t *testing.T) {
			d := newBooks(t)
			d.run(test.posts)
			for _, a := range test.actions {
				d.moderate(a.id, a.to, now, "seen")
			}
			for id, want := range test.want {
				if got := d.conv[id].Status; got != want {
					t.Errorf("%s: status %d, want %d", id, got, want)
				}
			}
			h := d.conv["c1"].History
			if got := h[len(h)-1].Reason; got != test.reason {
				t.Errorf("history ends with reason %q, want %q", got, test.reason)
			}
			if d.closed["c1"] != test.closed {
				t.Errorf("session closed: %v", d.closed["c1"])
			}
		})
	}
}

// TestRepeatedDecisions: a decision that is repeated, or that comes when another one has
// been there first, changes nothing. Holds are ended by a release alone.
func TestRepeatedDecisions(t *testing.T) {
	const now = (clickTime + 7200) * second
	type decision struct {
		from, to snapshot.ConversionStatus
		release  bool
	}
	approve, approveHeld := decision{pending, approved, false}, decision{hold, approved, false}
	release, reject := decision{hold, approved, true}, decision{pending, rejected, false}
	held := do("hold", holdHours(24))
	manually := do("pending", manual, holdHours(24))
	for name, test := range map[string]struct {
		post      step
		decisions []decision
		want      snapshot.ConversionStatus
		changes   int    // in the history, with the first
		reason    string // of the history's last entry
	}{
		"approved again, it stays on hold":     {manually, []decision{approve, approve, approveHeld}, hold, 2, "seen"},
		"approved, the offer holds it":         {held, []decision{approveHeld}, hold, 1, ""},
		"released":                             {held, []decision{release}, approved, 2, "seen"},
		"released again":                       {held, []decision{release, release}, approved, 2, "seen"},
		"approved, then released":              {manually, []decision{approve, release, approve}, approved, 3, "seen"},
		"the advertiser holds it: approved":    {do("hold", status(hold)), []decision{approveHeld, approveHeld}, approved, 2, "seen"},
		"the advertiser holds it: to the end":  {do("hold", status(hold), holdHours(24)), []decision{approveHeld, approveHeld}, hold, 2, "seen"},
		"the advertiser holds it: released":    {do("hold", status(hold), holdHours(24)), []decision{release}, approved, 2, "seen"},
		"rejected again":                       {manually, []decision{reject, reject}, rejected, 2, "seen"},
		"approved, and rejected at once":       {do("pending", manual), []decision{approve, reject}, approved, 3, ReasonStatusChanged},
		"rejected, and approved at once":       {do("pending", manual), []decision{reject, approve}, rejected, 3, ReasonStatusChanged},
		"released, but it is pending":          {manually, []decision{release}, pending, 2, ReasonStatusChanged},
		"approved, but the advertiser rejects": {do("rejected rejected_by_advertiser", status(rejected)), []decision{approve}, rejected, 2, ReasonStatusChanged},
		"revived on purpose":                   {do("rejected rejected_by_advertiser", status(rejected)), []decision{{rejected, approved, false}}, approved, 2, "seen"},
		"an entry of before releases":          {held, []decision{{0, approved, false}}, approved, 2, "seen"},
	} {
		t.Run(name, func(t *testing.T) {
			d := newBooks(t)
			d.run([]step{test.post})
			for _, x := range test.decisions {
				found := d.conv["c1"]
				d.keep(Moderate(&Moderated{Entry: &journal.Moderation{At: now, Status: x.to, From: x.from, Release: x.release, Reason: "seen", Actor: "alice"},
					Found: found, Origin: d.origins["c1"], Used: d.used}), nil)
			}
			c := d.conv["c1"]
			if last := c.History[len(c.History)-1]; c.Status != test.want || len(c.History) != test.changes || last.Reason != test.reason {
				t.Errorf("status %d, history %+v; want %d after %d changes", c.Status, c.History, test.want, test.changes)
			}
			if (c.HoldUntil != 0) != (test.want == hold) {
				t.Errorf("held until %d", c.HoldUntil)
			}
		})
	}
}

// TestModeratedIsKeptSo: what a person decided is final for postbacks, and a
// conversion that got its key back keeps others out.
func TestModeratedIsKeptSo(t *testing.T) {
	d := newBooks(t)
	d.run([]step{do("rejected currency_mismatch", currency("EUR"))})
	d.moderate("c1", approved, (clickTime+7200)*second, "")
	d.run([]step{do("refused duplicate"), do("refused status_final", status(pending))})
	d.moderate("c1", rejected, (clickTime+7300)*second, "")
	if got := d.conv["c1"].Reason; got != ReasonByModerator {
		t.Errorf("reason %q without words", got)
	}
	d.run([]step{do("refused duplicate"), do("refused status_final", status(approved))})
	h := d.conv["c1"].History
	if last := h[len(h)-1]; last.By != "alice" || last.From != approved || last.To != rejected || last.At != (clickTime+7300)*second {
		t.Errorf("last change %+v", last)
	}
}

func TestModeratorsDoNotPassForOthers(t *testing.T) {
	for actor, want := range map[string]string{"alice": "alice", "": "moderator ", ByHold: "moderator hold", ByPostback: "moderator postback"} {
		d := newBooks(t)
		d.run([]step{do("pending", manual)})
		found := d.conv["c1"]
		m := &Moderated{Found: found, Origin: d.origins["c1"], Used: d.used}
		m.Entry = moderationBy(actor)
		if got := Moderate(m).Conversion.History[1].By; got != want {
			t.Errorf("actor %q is written as %q, want %q", actor, got, want)
		}
	}
}

// TestRevivedIsNoRepeat: what lost its key is not what a later postback repeats, also
// when a moderator has given the key back.
func TestRevivedIsNoRepeat(t *testing.T) {
	four := caps(snapshot.Cap{Name: "c", Metric: snapshot.CapRevenue, Window: snapshot.CapLifetime, Limit: 4_000_000})
	d := newBooks(t)
	d.run([]step{
		do("approved", four, click("c2")), do("pending", four, status(pending)),
		do("rejected cap_reached", four, status(approved), amount(9_000_000)),
	})
	d.moderate("c1", rejected, clickTime*second, "")
	d.moderate("c2", approved, clickTime*second, "")
	if c := d.conv["c2"]; c.Status != approved || c.SessionKey == (Key{}) {
		t.Fatalf("not revived: %+v", c)
	}
	d.run([]step{do("pending", multiple, status(pending), after(1))})
}

// TestWhatAPersonRejectedStays: an advertiser takes back its own rejection only, and
// the history shows both.
func TestWhatAPersonRejectedStays(t *testing.T) {
	const now = (clickTime + 7200) * second
	paid := postback(status(approved), proven, at(now+second))
	declined := []step{do("rejected rejected_by_advertiser", status(rejected), proven)}
	for name, test := range map[string]struct {
		posts  []step
		person []snapshot.ConversionStatus
		words  string
		want   string
		events int
	}{
		"nobody decided":                {posts: declined, want: "approved", events: 2},
		"rejected by a person":          {posts: []step{do("approved")}, person: []snapshot.ConversionStatus{rejected}, want: "refused status_final", events: 2},
		"in the advertiser's words":     {posts: []step{do("approved")}, person: []snapshot.ConversionStatus{rejected}, words: ReasonByAdvertiser, want: "refused status_final", events: 2},
		"approved and rejected by one":  {posts: declined, person: []snapshot.ConversionStatus{approved, rejected}, want: "refused status_final", events: 3},
		"a person tried in vain before": {posts: []step{do("rejected rejected_by_advertiser", status(rejected), proven, caps(none))}, person: []snapshot.ConversionStatus{approved}, want: "rejected cap_reached", events: 3},
	} {
		t.Run(name, func(t *testing.T) {
			d := newBooks(t)
			d.run(test.posts)
			for _, to := range test.person {
				d.moderate("c1", to, now, test.words)
			}
			v := d.post(paid).Verdict
			if got := strings.TrimSpace(v.Verdict + " " + v.Reason); got != test.want {
				t.Errorf("%s, want %s", got, test.want)
			}
			if got := len(d.conv["c1"].History); got != test.events {
				t.Errorf("%d entries of history, want %d: %+v", got, test.events, d.conv["c1"].History)
			}
		})
	}
}

// TestAffirmed: a person's decision is kept beside an equal status, once for the same
// words, and an entry of before there was Affirm is not.
func TestAffirmed(t *testing.T) {
	const now = (clickTime + 7200) * second
	declined, paid := do("rejected rejected_by_advertiser", status(rejected), proven), do("approved", proven)
	type words struct{ note, partner string }
	for name, test := range map[string]struct {
		post   step
		to     snapshot.ConversionStatus
		before bool
		said   []words
		want   []words // of the history, behind its beginning
		later  string  // what a proved postback with the other status is answered
	}{
		"rejected too":                  {post: declined, to: rejected, said: []words{{}, {}}, want: []words{{note: ReasonByModerator}}, later: "refused status_final"},
		"rejected too, with words":      {post: declined, to: rejected, said: []words{{"fraud", "returned"}, {"fraud", "returned"}, {}}, want: []words{{"fraud", "returned"}}, later: "refused status_final"},
		"in the advertiser's words":     {post: declined, to: rejected, said: []words{{note: ReasonByAdvertiser}}, want: []words{{note: ReasonByAdvertiser}}, later: "refused status_final"},
		"other words later":             {post: declined, to: rejected, said: []words{{"a", "x"}, {"b", ""}, {"", "y"}}, want: []words{{"a", "x"}, {"b", "x"}, {"b", "y"}}, later: "refused status_final"},
		"rejected for a check":          {post: do("rejected currency_mismatch", currency("EUR")), to: rejected, said: []words{{note: "fraud"}}, want: []words{{note: "fraud"}}, later: "refused status_final"},
		"an entry of before":            {post: declined, to: rejected, before: true, said: []words{{note: "fraud"}}, later: "approved"},
		"approved too":                  {post: paid, to: approved, said: []words{{}, {}}, later: "rejected rejected_by_advertiser"},
		"approved too, with words":      {post: paid, to: approved, said: []words{{note: "checked"}, {note: "checked"}}, want: []words{{note: "checked"}}, later: "rejected rejected_by_advertiser"},
		"held, and approved":            {post: do("hold", holdHours(24), proven), to: approved, said: []words{{note: "checked"}, {note: "checked"}}, want: []words{{note: "checked"}}, later: "rejected rejected_by_advertiser"},
		"approved, before there was it": {post: paid, to: approved, before: true, said: []words{{note: "checked"}}, later: "rejected rejected_by_advertiser"},
	} {
		t.Run(name, func(t *testing.T) {
			d := newBooks(t)
			d.run([]step{test.post})
			began := d.conv["c1"]
			for _, x := range test.said {
				d.keep(Moderate(&Moderated{Entry: &journal.Moderation{At: now, Status: test.to, From: began.Status, Reason: x.note, PartnerReason: x.partner, Actor: "alice", Affirm: !test.before},
					Found: d.conv["c1"], Origin: d.origins["c1"], Used: d.used}), nil)
			}
			var got []words
			for _, x := range d.conv["c1"].History[1:] {
				got = append(got, words{x.Reason, x.Partner})
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("history %+v, want %+v", got, test.want)
			}
			if c := d.conv["c1"]; c.Status != began.Status || c.HoldUntil != began.HoldUntil {
				t.Errorf("status %d, held until %d", c.Status, c.HoldUntil)
			}
			other := approved
			if test.to == approved {
				other = rejected
			}
			v := d.post(postback(status(other), proven, at(now+second))).Verdict
			if got := strings.TrimSpace(v.Verdict + " " + v.Reason); got != test.later {
				t.Errorf("later %s, want %s", got, test.later)
			}
		})
	}
}

var none = snapshot.Cap{Name: "c", Metric: snapshot.CapConversions, Window: snapshot.CapLifetime}
