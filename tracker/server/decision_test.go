package server_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/valyala/fasthttp"

	"github.com/waypost/waypost/api/money"
	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/tracker/live"
	"github.com/waypost/waypost/tracker/server"
)

// edits are changes to a configuration that change what a click or an impression
// gets, and such that do not.
var edits = map[string]func(rnd *rand.Rand, all []*snapshot.Record) []*snapshot.Record{
	"a title": func(rnd *rand.Rand, all []*snapshot.Record) []*snapshot.Record {
		pick(rnd, all, snapshot.KindOffer).Offer.Title = fmt.Sprint("Title ", rnd.IntN(1000))
		return all
	},
	"a destination": func(rnd *rand.Rand, all []*snapshot.Record) []*snapshot.Record {
		pick(rnd, all, snapshot.KindOffer).Offer.DestinationURL = fmt.Sprintf("https://shop.example/%d?o={offer_ref}&t={offer_name}", rnd.IntN(1000))
		return all
	},
	"an offer's state": func(rnd *rand.Rand, all []*snapshot.Record) []*snapshot.Record {
		pick(rnd, all, snapshot.KindOffer).Offer.State = snapshot.State(rnd.IntN(3))
		return all
	},
	"an offer's advertiser": func(rnd *rand.Rand, all []*snapshot.Record) []*snapshot.Record {
		pick(rnd, all, snapshot.KindOffer).Offer.Advertiser = []string{"acme", "asleep", "nobody"}[rnd.IntN(3)]
		return all
	},
	"a CPC and a cap": func(rnd *rand.Rand, all []*snapshot.Record) []*snapshot.Record {
		o := pick(rnd, all, snapshot.KindOffer).Offer
		o.ClickPayout = money.Amount(rnd.IntN(1000))
		o.Caps = []snapshot.Cap{{Name: "c", Metric: snapshot.CapClicks, Window: snapshot.CapDay, Limit: int64(rnd.IntN(2))}}
		return all
	},
	"a partner's state": func(rnd *rand.Rand, all []*snapshot.Record) []*snapshot.Record {
		pick(rnd, all, snapshot.KindPartner).Partner.State = snapshot.State(rnd.IntN(3))
		return all
	},
	"an advertiser's state": func(rnd *rand.Rand, all []*snapshot.Record) []*snapshot.Record {
		pick(rnd, all, snapshot.KindAdvertiser).Advertiser.State = snapshot.State(rnd.IntN(2))
		return all
	},
	"whom an advertiser blocks": func(rnd *rand.Rand, all []*snapshot.Record) []*snapshot.Record {
		pick(rnd, all, snapshot.KindAdvertiser).Advertiser.BlockedPartners = []string{"best-blog"}[:rnd.IntN(2)]
		return all
	},
	"a network": func(rnd *rand.Rand, all []*snapshot.Record) []*snapshot.Record {
		n := pick(rnd, all, snapshot.KindNetwork).NetworkBody
		n.TimeZone = []string{"Europe/Vienna", "Asia/Tokyo"}[rnd.IntN(2)]
		n.FallbackURL = fmt.Sprintf("https://example.net/%d?o={offer_id}", rnd.IntN(1000))
		return all
	},
	"two offers change their numbers": func(rnd *rand.Rand, all []*snapshot.Record) []*snapshot.Record {
		a := pick(rnd, all, snapshot.KindOffer)
		b := a
		fixed := []string{"new", "macros"} // one comes and goes, one has {rand}
		for b == a || b.Network != a.Network || slices.Contains(fixed, a.Name) || slices.Contains(fixed, b.Name) {
			a, b = pick(rnd, all, snapshot.KindOffer), pick(rnd, all, snapshot.KindOffer)
		}
		a.Offer.TrackingID, b.Offer.TrackingID = b.Offer.TrackingID, a.Offer.TrackingID
		return all
	},
	"a goal": func(rnd *rand.Rand, all []*snapshot.Record) []*snapshot.Record {
		pick(rnd, all, snapshot.KindGoal).Goal.Payout.Flat = money.Amount(rnd.IntN(1000))
		return all
	},
	"something comes or goes": func(rnd *rand.Rand, all []*snapshot.Record) []*snapshot.Record {
		isNew := func(r *snapshot.Record) bool { return r.Name == "new" }
		if slices.ContainsFunc(all, isNew) {
			return slices.DeleteFunc(all, isNew)
		}
		return append(all, offer(network, "new", "1999", nil))
	},
}

func pick(rnd *rand.Rand, all []*snapshot.Record, kind snapshot.Kind) *snapshot.Record {
	for {
		if r := all[rnd.IntN(len(all))]; r.Kind == kind {
			return r
		}
	}
}

// A server that has seen many configurations answers as one that knows only the last
// one, whatever changed, and the journal says the same.
func TestDecisionsFollowTheConfiguration(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rnd := rand.New(rand.NewPCG(seed, 1))
	holder := live.NewHolder(live.Options{})
	w := newWorld(t, func(o *server.Options) { o.Snapshots = holder })
	all := records(w.ring)
	names := slices.Sorted(maps.Keys(edits))
	for revision := int64(1); revision <= 150; revision++ {
		edited := "nothing"
		if revision > 1 {
			edited = names[rnd.IntN(len(names))]
			all = edits[edited](rnd, all)
		}
		update, err := live.UpdateOf(revision, all)
		if err == nil {
			err = holder.Apply(context.Background(), update)
		}
		if err != nil {
			t.Fatalf("revision %d, %s: %v", revision, edited, err)
		}
		fresh := freshAnswers(t, w, all, revision)
		for link, got := range answers(t, w.server, w.journal) {
			if got != fresh[link] {
				t.Fatalf("revision %d, after %s: %s\n got %s\nwant %s", revision, edited, link, got, fresh[link])
			}
		}
	}
}

// A server whose indexes were not made of each other decides anew for each, however
// they are numbered.
func TestDecisionsAreOfOneLineOfIndexes(t *testing.T) {
	snapshots := &fixed{}
	w := newWorld(t, func(o *server.Options) { o.Snapshots = snapshots })
	for revision := int64(1); revision <= 3; revision++ {
		all := records(w.ring)
		want := fmt.Sprintf("https://shop.example/%d", revision)
		for _, r := range all {
			if r.Kind == snapshot.KindOffer {
				r.Offer.DestinationURL = want
			}
		}
		x, err := live.Build(revision, all)
		if err != nil {
			t.Fatal(err)
		}
		snapshots.index = x
		ctx := newContext(t, "/click?offer=1001&partner=2002")
		w.server.Handler()(ctx)
		if got := string(ctx.Response.Header.Peek("Location")); got != want {
			t.Errorf("with index %d a click leads to %q, want %q", revision, got, want)
		}
	}
}

// freshAnswers are those of a server that begins with the records.
func freshAnswers(t *testing.T, w *world, all []*snapshot.Record, revision int64) map[string]string {
	t.Helper()
	x, err := live.Build(revision, all)
	if err != nil {
		t.Fatal(err)
	}
	o := w.options
	o.Snapshots = fixed{x}
	s, err := server.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return answers(t, s, w.journal)
}

// answers is what becomes of each link, its id aside.
func answers(t *testing.T, s *server.Server, j *recorder) map[string]string {
	t.Helper()
	found := map[string]string{}
	for _, event := range []string{"click", "impression"} {
		for _, offer := range []string{"1001", "1010", "1014", "1015", "1016", "1017", "1999"} {
			for _, partner := range []string{"2002", "2003", "2010"} {
				link := fmt.Sprintf("/%s?offer=%s&partner=%s", event, offer, partner)
				ctx := newContext(t, link)
				s.Handler()(ctx)
				found[link] = answer(&ctx.Response, j)
			}
		}
	}
	return found
}

func answer(r *fasthttp.Response, j *recorder) string {
	id := string(r.Header.Peek("Waypost-Click")) + string(r.Header.Peek("Waypost-Impression"))
	said := fmt.Sprintf("%d %s %s", r.StatusCode(), r.Header.Peek("Waypost-Reason"), r.Header.Peek("Location"))
	for _, e := range j.take() {
		d := describe(e)
		said += fmt.Sprint(" ", d)
	}
	if id != "" {
		said = strings.ReplaceAll(said, id, "ID")
	}
	return said
}
