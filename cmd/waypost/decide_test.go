package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/spf13/cobra"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/tracker/admin"
	"github.com/waypost/waypost/tracker/journal"
	"github.com/waypost/waypost/tracker/ledger/api"
	"github.com/waypost/waypost/tracker/ledger/delivery"
	"github.com/waypost/waypost/tracker/ledger/delivery/queue"
	"github.com/waypost/waypost/tracker/ledger/ledgertest"
	"github.com/waypost/waypost/tracker/ledger/moderation"
	"github.com/waypost/waypost/tracker/ledger/query"
	"github.com/waypost/waypost/tracker/ledger/store/storetest"
)

// moderator runs commands against the API over real books, in a script or, with
// terminal, at one.
type moderator struct {
	*testing.T
	*ledgertest.Instance
	books    *query.Books
	queue    *queue.Queue
	server   string
	terminal bool
}

type anybody struct{}

func (anybody) Authorize(context.Context, string, admin.Attributes) (admin.Caller, error) {
	return admin.Caller{Name: "ann"}, nil
}

// newModerator has seven conversions: two pending, one on hold by the offer, one
// approved, one rejected for its currency whose place another one has taken, and one
// rejected for its currency.
func newModerator(t *testing.T) *moderator {
	t.Helper()
	o := ledgertest.Open(t, storetest.SQLite(t))
	b, q := query.New(o.Store), queue.New(o.Store)
	api := api.NewHandler(api.Options{Books: b, Queue: q, Ledger: o.Ledger, Log: logr.Discard(), Moderator: moderation.New(b, o.Journal, o.Ledger, time.Now)})
	server := httptest.NewServer(admin.NewHandler(admin.Options{API: api, Authorizer: anybody{}, Log: logr.Discard()}))
	t.Cleanup(server.Close)
	v := ledgertest.Visit{At: time.Now().Add(-time.Minute)}
	hats := ledgertest.Visit{At: v.At, N: 1, Offer: "hats", Currency: "EUR"}
	pending, euros := ledgertest.Status(snapshot.StatusPending), func(p *journal.Postback) { p.Currency = "EUR" }
	o.Write(v.Click(), hats.Click(),
		v.Postback(v.At.Add(1*time.Second), ledgertest.Order("a"), pending, held),
		hats.Postback(v.At.Add(2*time.Second), ledgertest.Order("b"), pending),
		v.Postback(v.At.Add(3*time.Second), ledgertest.Order("c"), held),
		v.Postback(v.At.Add(4*time.Second), ledgertest.Order("d"), notified),
		v.Postback(v.At.Add(5*time.Second), ledgertest.Order("f"), euros),
		v.Postback(v.At.Add(6*time.Second), ledgertest.Order("f")),
		v.Postback(v.At.Add(7*time.Second), ledgertest.Order("g"), euros),
	)
	return &moderator{T: t, Instance: o, books: b, queue: q, server: server.URL}
}

func held(p *journal.Postback) { p.Terms.Offer.HoldHours = 72 }

func notified(p *journal.Postback) {
	p.Terms.Partner.Postbacks = []snapshot.PartnerPostback{{Name: "one", URL: "https://blog.example/1"}, {Name: "two", URL: "https://blog.example/2"}}
}

// run is a command line with what is typed; it returns everything that is printed, the
// error too.
func (m *moderator) run(line, typed string) string {
	m.Helper()
	var cmd *cobra.Command
	args := strings.Fields(line)
	for i := range args {
		args[i] = strings.Trim(args[i], `"`)
	}
	if args[0] == "retry" {
		cmd = newDeliveriesCommand()
	} else {
		cmd = &cobra.Command{Use: "conversions", PersistentPreRunE: func(cmd *cobra.Command, _ []string) error { return flagsFromEnvironment(cmd.Flags()) }}
		for _, act := range []moderation.Act{moderation.Approve, moderation.Reject, moderation.Release} {
			cmd.AddCommand(newDecideCommand(act, func(io.Reader) bool { return m.terminal }))
		}
	}
	cmd.SilenceUsage, cmd.SilenceErrors = true, true
	var out bytes.Buffer
	cmd.SetArgs(append(args, "--server", m.server, "--token", "t"))
	cmd.SetOut(&out)
	cmd.SetErr(&out)
	cmd.SetIn(strings.NewReader(typed))
	if err := cmd.ExecuteContext(m.Context()); err != nil {
		return out.String() + "ERROR " + err.Error()
	}
	return out.String()
}

// statuses are those of the conversions in their order, by their first letters.
func (m *moderator) statuses() string {
	m.Helper()
	list, err := m.books.Conversions(m.Context(), query.Scope{}, query.ConversionFilter{}, query.Page{Limit: 100})
	if err != nil {
		m.Fatal(err)
	}
	text := ""
	for _, c := range slices.Backward(list.Items) {
		text += string(c.Status[:1])
	}
	return text
}

func (m *moderator) id(n int) string {
	m.Helper()
	list, err := m.books.Conversions(m.Context(), query.Scope{}, query.ConversionFilter{}, query.Page{Limit: 100})
	if err != nil {
		m.Fatal(err)
	}
	return list.Items[len(list.Items)-1-n].ID
}

// asWritten are the first statuses: pending, pending, hold, approved, rejected, approved, rejected.
const asWritten = "ppharar"

// TestDecisionsThatAreRefused: a command line that selects nothing, or too much, or that
// nobody confirms, decides nothing.
func TestDecisionsThatAreRefused(t *testing.T) {
	for name, value := range map[string]string{"ALL": "true", "YES": "true", "OFFER": "shoes", "STATUS": "approved", "FROM": "2020-01-01"} {
		t.Setenv("WAYPOST_"+name, value)
	}
	m := newModerator(t)
	for _, tc := range []struct {
		line, typed string
		terminal    bool
		want        string
	}{
		{"approve", "", false, "give the ids"},
		{"approve --all", "", false, "needs a filter"},
		{"approve --all --yes", "", false, "needs a filter"},
		{"reject --all --network net --limit 5 --yes", "", false, "needs a filter"},
		{"reject --all --status approved --yes", "", false, "needs a filter"},
		{"reject --all --status pending,rejected --network net --yes", "", false, "needs a filter"},
		{`approve --all --offer "" --yes`, "", false, "--offer is empty"},
		{`approve --all --offer shoes --partner "" --yes`, "", false, "--partner is empty"},
		{`approve "" --note x`, "", false, "an id is empty"},
		{"approve --all --offer shoes --limit -1 --yes", "", false, "--limit negative"},
		{"approve x --reason checked", "", false, "--note is the text"},
		{"approve x --all --offer shoes", "", false, "give the ids"},
		{"approve --all --offer shoes", "", false, "no terminal to ask at; give --yes"},
		{"approve --all --offer shoes", "yes\n", false, "no terminal"},
		{"approve --all --offer shoes", "\n", true, "nothing was decided"},
		{"approve --all --offer shoes", "", true, "nothing was decided"},
		{"approve --all --offer shoes", "no\n", true, "nothing was decided"},
		{"approve --all --offer shoes --reason checked --yes", "", false, "nothing to approve"},
		{"approve --all --offer nonsense --yes", "", false, "nothing to approve"},
		{"reject --all --offer shoes --dry-run --yes", "", false, "1 hold: payout 1.00 USD"},
		{"approve --all --to 2100-01-01 --dry-run", "", false, "1 pending: payout 1.00 EUR, revenue 2.00 EUR\n  1 pending: payout 1.00 USD"},
	} {
		m.terminal = tc.terminal
		if got := m.run(tc.line, tc.typed); !strings.Contains(got, tc.want) {
			t.Errorf("%s, typed %q:\n%s\nwant %q", tc.line, tc.typed, got, tc.want)
		}
		if got := m.statuses(); got != asWritten {
			t.Fatalf("%s, typed %q: the statuses are %s", tc.line, tc.typed, got)
		}
	}
}

// TestDecisions: approve decides about pending ones, a hold ends by release alone, and a
// refusal stops none of the others.
func TestDecisions(t *testing.T) {
	m := newModerator(t)
	m.terminal = true
	for _, tc := range []struct{ line, typed, want, statuses string }{
		{"approve --all --offer shoes", "y\n", "to approve: 1 conversions", "hpharar"},
		{"approve --all --offer shoes", "y\n", "nothing to approve", "hpharar"},
		{"approve --all --offer shoes --status hold --yes", "", "nothing to approve", "hpharar"},
		{"approve --all --status pending --yes", "", "approved 1\n", "haharar"},
		{"release --all --offer shoes --yes", "", "approved 2\n", "aaaarar"},
		{"approve --all --offer shoes --status rejected --yes", "", "approved 1, refused 1 (duplicate)\nERROR 1 of 2 refused", "aaaaraa"},
		{"release --all --offer shoes --yes", "", "nothing to release", "aaaaraa"},
		{"release --all --offer shoes --status rejected,approved --dry-run", "", "to release: 0 conversions\n  4 refused: not_on_hold", "aaaaraa"},
		{"release --all --offer shoes --status rejected,approved --yes", "", "refused 4 (not_on_hold)\nERROR 4 of 4", "aaaaraa"},
		{"reject --all --offer hats --status approved --yes --note hush --partner-reason returned", "", "rejected 1\n", "araaraa"},
	} {
		if got := m.run(tc.line, tc.typed); !strings.Contains(got, tc.want) {
			t.Errorf("%s:\n%s\nwant %q", tc.line, got, tc.want)
		}
		if got := m.statuses(); got != tc.statuses {
			t.Fatalf("%s: the statuses are %s, want %s", tc.line, got, tc.statuses)
		}
	}
	release := "release " + m.id(0) + " " + m.id(3) // the first was released before, the other never on hold
	if got, want := m.run(release, ""), "approved 1, refused 1 (not_on_hold)\nERROR 1 of 2 refused"; !strings.Contains(got, want) {
		t.Errorf("%s:\n%s\nwant %q", release, got, want)
	}
	ids := strings.Join([]string{m.id(1), "none", m.id(4), m.id(6)}, " ")
	want := "approved 2, refused 2 (not_found, duplicate)\nERROR 2 of 4 refused"
	if got := m.run("approve "+ids, ""); !strings.Contains(got, want) {
		t.Errorf("by id:\n%s\nwant %q", got, want)
	}
	if c, err := m.books.Conversion(t.Context(), query.Scope{PartnerOnly: true}, m.id(1)); err != nil || c.History[2].Reason != "returned" {
		t.Errorf("the partner reads %+v, %v", c.History, err)
	}
}

// TestRetriesGoOn: a delivery that cannot be tried again stops none of the others.
func TestRetriesGoOn(t *testing.T) {
	m := newModerator(t)
	list, err := m.books.Deliveries(t.Context(), query.Scope{}, query.DeliveryFilter{}, query.Page{Limit: 10})
	if err != nil || len(list.Items) != 2 {
		t.Fatalf("%+v, %v", list, err)
	}
	due, err := m.queue.Due(t.Context(), time.Now(), 1, nil, nil)
	if err != nil || len(due) != 1 {
		t.Fatalf("%+v, %v", due, err)
	}
	if err := m.queue.Record(t.Context(), []delivery.Result{{ID: due[0].ID, Target: due[0].Target, At: time.Now(), State: delivery.Delivered, HTTPStatus: 200}}); err != nil {
		t.Fatal(err)
	}
	if got := mustRefuseEmpty(t); !strings.Contains(got, "an id is empty") {
		t.Errorf("an empty id: %s", got)
	}
	got := m.run("retry none "+list.Items[0].ID+" "+list.Items[1].ID, "")
	if want := "retried 1, refused 2 ("; !strings.Contains(got, want) || !strings.Contains(got, "already_delivered") || !strings.Contains(got, "ERROR 2 of 3 refused") {
		t.Errorf("got\n%s\nwant %q", got, want)
	}
}

// mustRefuseEmpty retries a delivery without an id; nothing is asked of a server.
func mustRefuseEmpty(t *testing.T) string {
	t.Helper()
	cmd := newDeliveriesCommand()
	cmd.SetOut(io.Discard)
	cmd.SetErr(io.Discard)
	cmd.SetArgs([]string{"retry", "", "--server", "http://127.0.0.1:1", "--token", "none"})
	err := cmd.ExecuteContext(t.Context())
	if err == nil {
		t.Fatal("an empty id is taken")
	}
	return err.Error()
}

// TestNoRightStopsAtOnce: without a right, or a server, every other one would fail alike.
func TestNoRightStopsAtOnce(t *testing.T) {
	calls := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		calls++
		admin.WriteProblem(w, http.StatusForbidden, "forbidden", "no")
	}))
	defer server.Close()
	m := &moderator{T: t, server: server.URL}
	if got := m.run("approve a b c", ""); calls != 1 || !strings.Contains(got, "3 were not tried") {
		t.Errorf("%d calls:\n%s", calls, got)
	}
}
