package judge

import (
	"testing"

	"github.com/waypost/waypost/api/money"
	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/tracker/journal"
)

// step is a postback and its verdict, as "verdict" or "verdict reason".
type step struct {
	post []option
	want string
}

func do(want string, post ...option) step { return step{post, want} }

func (d *books) run(steps []step) {
	d.t.Helper()
	for i, s := range steps {
		v := d.post(postback(s.post...)).Verdict
		got := v.Verdict
		if v.Reason != "" {
			got += " " + v.Reason
		}
		if got != s.want {
			d.t.Errorf("postback %d: %s, want %s", i, got, s.want)
		}
	}
}

// TestVerdicts goes through the verdicts and the uniqueness of docs/rules.md.
func TestVerdicts(t *testing.T) {
	inactive := func(s snapshot.State) option { return func(p *journal.Postback) { p.Terms.Partner.State = s } }
	offer := func(s snapshot.State) option { return func(p *journal.Postback) { p.Terms.Offer.State = s } }
	minimum := func(p *journal.Postback) { p.Terms.Offer.Attribution.MinimumClickSeconds = 60 }
	early := at((clickTime + 59) * second)
	ahead := func(seconds int64) option { return at((clickTime - seconds) * second) }
	onTime := at((clickTime + 60) * second)
	late := func(seconds float64) option {
		return func(p *journal.Postback) { p.At = (clickTime+720*3600)*second + int64(seconds*second) }
	}
	nan := func(p *journal.Postback) { p.Terms = nil }
	tooMuch := func(p *journal.Postback) { p.Terms.Pricing.Payout.Own.Percent = money.MaxPercent }

	for name, steps := range map[string][]step{
		"approved":                              {do("approved")},
		"pending":                               {do("pending", status(pending))},
		"said approved":                         {do("approved", status(approved))},
		"hold by the advertiser":                {do("hold", status(hold))},
		"hold by the offer":                     {do("hold", holdHours(24))},
		"pending is not held":                   {do("pending", status(pending), holdHours(24))},
		"rejected by the advertiser":            {do("rejected rejected_by_advertiser", status(rejected))},
		"the tracker's reason is kept":          {do("refused bad_key", reason("bad_key"))},
		"the tracker's reason, nothing named":   {do("refused bad_click_id", reason("bad_click_id"), nan)},
		"unknown goal is recorded every time":   {do("rejected unknown_goal", reason("unknown_goal")), do("rejected unknown_goal", reason("unknown_goal"))},
		"too much money is no amount":           {do("refused bad_amount", amount(money.Max), tooMuch)},
		"too much money before other reasons":   {do("approved"), do("refused bad_amount", amount(money.Max), tooMuch)},
		"partner blocked":                       {do("rejected partner_inactive", inactive(snapshot.Blocked))},
		"partner rejected":                      {do("rejected partner_inactive", inactive(snapshot.Rejected))},
		"partner deleted":                       {do("rejected partner_inactive", inactive(snapshot.Deleted))},
		"partner pending still earns":           {do("approved", inactive(snapshot.Pending))},
		"offer deleted":                         {do("rejected offer_inactive", offer(snapshot.Deleted))},
		"offer pending":                         {do("rejected offer_inactive", offer(snapshot.Pending))},
		"offer paused still counts":             {do("approved", offer(snapshot.Paused))},
		"offer expired still counts":            {do("approved", offer(snapshot.Expired))},
		"partner before offer":                  {do("rejected partner_inactive", offer(snapshot.Deleted), inactive(snapshot.Blocked))},
		"too soon":                              {do("rejected too_soon", minimum, early)},
		"a click of the future":                 {do("approved", ahead(2))},
		"with a minimum":                        {do("rejected too_soon", minimum, ahead(2)), do("approved", minimum, onTime)},
		"of the far future":                     {do("approved", ahead(400*86400))},
		"hold for a click of the future":        {do("hold", ahead(2), holdHours(1))},
		"goal click on one of the future":       {do("approved", ahead(2), clickGoal)},
		"view-through of the future":            {do("approved", viewThrough, ahead(2))},
		"just late enough":                      {do("approved", minimum, onTime)},
		"just in time":                          {do("approved", late(0))},
		"too late":                              {do("rejected too_late", late(0.000001))},
		"offer before time":                     {do("rejected offer_inactive", offer(snapshot.Deleted), late(1))},
		"time before currency":                  {do("rejected too_late", currency("EUR"), late(1))},
		"other currency":                        {do("rejected currency_mismatch", currency("EUR"))},
		"same currency, other case":             {do("approved", currency("usd"))},
		"currency before the advertiser's word": {do("rejected currency_mismatch", currency("EUR"), status(rejected))},

		"view-through in time":            {do("approved", viewThrough)},
		"view-through has its look-back":  {do("rejected too_late", viewThrough, after(24*3600))},
		"view-through has no minimum":     {do("approved", viewThrough, minimum, early)},
		"the click decides over the imp.": {do("approved", aimp("i1"), after(24*3600)), do("refused duplicate", aimp("i2"))},

		"duplicate without order id":                  {do("approved"), do("refused duplicate"), do("refused duplicate", after(3600))},
		"another goal":                                {do("approved"), do("approved", goal("3"))},
		"another click":                               {do("approved"), do("approved", click("c2"))},
		"order id across clicks":                      {do("approved", order("o")), do("refused duplicate", order("o"), click("c2"))},
		"order id of another goal":                    {do("approved", order("o")), do("approved", order("o"), goal("3"))},
		"Disabled: one of the session, other order":   {do("approved", order("o")), do("refused duplicate", order("p"))},
		"Disabled: other order does not move":         {do("pending", order("o"), status(pending)), do("refused duplicate", order("p"), status(approved))},
		"Disabled: new order id does not move":        {do("pending", status(pending)), do("refused duplicate", order("p"), status(approved))},
		"Disabled: without order id it is the same":   {do("pending", order("o"), status(pending)), do("approved", status(approved))},
		"Enabled: each order":                         {do("approved", multiple, order("o")), do("approved", multiple, order("p")), do("refused duplicate", multiple, order("o"))},
		"Enabled without order id: each":              {do("approved", multiple), do("approved", multiple, param("x", "1"))},
		"Enabled: identical within 10 s":              {do("approved", multiple), do("refused duplicate", multiple, after(10))},
		"Enabled: identical after 10 s":               {do("approved", multiple), do("approved", multiple, after(10.000001))},
		"Enabled: a retry does not prolong":           {do("approved", multiple), do("refused duplicate", multiple, after(8)), do("approved", multiple, after(16))},
		"Enabled: identical in another order":         {do("approved", multiple, param("a", "1"), param("b", "2")), do("refused duplicate", multiple, param("b", "2"), param("a", "1"))},
		"Enabled: order of the journal, not of time":  {do("approved", multiple, after(5)), do("refused duplicate", multiple)},
		"Enabled: a rejection leaves no trace":        {do("rejected currency_mismatch", multiple, currency("EUR")), do("rejected currency_mismatch", multiple, currency("EUR"))},
		"Enabled: the advertiser's rejection repeats": {do("rejected rejected_by_advertiser", multiple, status(rejected)), do("refused duplicate", multiple, status(rejected))},

		"Enabled since: identical within 10 s":        {do("approved"), do("refused duplicate", multiple, after(10)), do("approved", multiple, after(10.000001))},
		"Enabled since: another one":                  {do("approved"), do("approved", multiple, param("x", "1"))},
		"Enabled since: another partner's, session's": {do("approved"), do("approved", multiple, partner("shop")), do("approved", multiple, click("c2"))},
		"Enabled since: with an order id":             {do("approved", order("o")), do("approved", multiple), do("refused duplicate", multiple, order("o"))},
		"Enabled since: a rejection that repeats":     {do("rejected rejected_by_advertiser", status(rejected)), do("refused duplicate", multiple, status(rejected))},
		"Enabled since: what left its key free":       {do("rejected currency_mismatch", currency("EUR")), do("rejected currency_mismatch", multiple, currency("EUR"))},
		"Enabled for a moment":                        {do("approved", multiple), do("approved", after(8)), do("refused duplicate", multiple, after(16))},

		"without session: order id":                 {do("approved", noSession, order("o")), do("refused duplicate", noSession, order("o"), after(99)), do("approved", noSession, order("p"))},
		"without session: identical within 10 s":    {do("approved", noSession), do("refused duplicate", noSession, after(9)), do("approved", noSession, after(11))},
		"without session: another partner's":        {do("approved", noSession), do("approved", noSession, partner("shop"))},
		"without session: nothing is too late":      {do("approved", noSession, after(9e6))},
		"without session: order of a click's":       {do("approved", order("o")), do("refused duplicate", noSession, order("o"))},
		"without session: end points close nothing": {do("approved", noSession, endPoint), do("approved", noSession, goal("3"))},

		"end point closes":                        {do("approved", endPoint), do("refused session_closed", goal("3"))},
		"end point pending closes":                {do("pending", endPoint, status(pending)), do("refused session_closed", goal("3"))},
		"end point on hold closes":                {do("hold", endPoint, holdHours(1)), do("refused session_closed", goal("3"))},
		"end point rejected does not close":       {do("rejected rejected_by_advertiser", endPoint, status(rejected)), do("approved", goal("3"))},
		"a new click is a new session":            {do("approved", endPoint), do("approved", endPoint, click("c2"))},
		"retry of the end point":                  {do("approved", endPoint), do("refused duplicate", endPoint)},
		"retry of the end point, Enabled":         {do("approved", endPoint, multiple), do("refused duplicate", endPoint, multiple), do("refused session_closed", endPoint, multiple, after(11))},
		"end point pending, then approved":        {do("pending", endPoint, manual), do("approved", endPoint, status(approved))},
		"end point rejected later stays closed":   {do("pending", endPoint, manual), do("rejected rejected_by_advertiser", endPoint, status(rejected)), do("refused session_closed", goal("3"))},
		"earlier conversions of a closed session": {do("pending", goal("3"), status(pending)), do("approved", endPoint), do("approved", goal("3"), status(approved))},
		"view-through session is its own":         {do("approved", endPoint), do("approved", viewThrough, goal("3"))},

		"pending to approved":                         {do("pending", status(pending)), do("approved", status(approved)), do("refused status_final", status(approved))},
		"pending to rejected":                         {do("pending", status(pending)), do("rejected rejected_by_advertiser", status(rejected)), do("refused status_final", status(approved))},
		"pending to hold to approved":                 {do("pending", status(pending)), do("hold", status(hold)), do("approved", status(approved))},
		"hold to rejected":                            {do("hold", status(hold)), do("rejected rejected_by_advertiser", status(rejected))},
		"hold does not go back":                       {do("hold", status(hold)), do("refused duplicate", status(pending))},
		"pending again says nothing":                  {do("pending", status(pending)), do("refused duplicate", status(pending))},
		"hold again says nothing":                     {do("hold", status(hold)), do("refused duplicate", status(hold))},
		"final without a status":                      {do("approved"), do("refused duplicate")},
		"final with a status":                         {do("approved"), do("refused status_final", status(pending))},
		"rejected stays":                              {do("rejected rejected_by_advertiser", status(rejected)), do("refused status_final", status(approved)), do("refused duplicate")},
		"too late occupies its key":                   {do("rejected too_late", late(1)), do("refused duplicate"), do("refused status_final", status(approved))},
		"partner_inactive occupies its key":           {do("rejected partner_inactive", inactive(snapshot.Blocked)), do("refused duplicate")},
		"chargeback with a key":                       {do("approved"), do("rejected rejected_by_advertiser", status(rejected), proven), do("refused status_final", status(rejected), proven)},
		"declined, then paid":                         {do("rejected rejected_by_advertiser", status(rejected), proven), do("approved", status(approved), proven), do("refused status_final", status(approved), proven), do("refused duplicate", proven)},
		"paid, charged back, paid after all":          {do("approved"), do("rejected rejected_by_advertiser", status(rejected), proven), do("approved", status(approved), proven), do("rejected rejected_by_advertiser", status(rejected), proven)},
		"pending, declined, then paid":                {do("pending", status(pending)), do("rejected rejected_by_advertiser", status(rejected)), do("approved", status(approved), proven)},
		"declined, then paid by order, another click": {do("rejected rejected_by_advertiser", order("o"), status(rejected)), do("approved", order("o"), click("c2"), status(approved), proven)},
		"declined, then paid without a key":           {do("rejected rejected_by_advertiser", status(rejected)), do("refused status_final", status(approved))},
		"declined, then paid unproven":                {do("rejected rejected_by_advertiser", status(rejected), keyRequired), do("refused status_final", status(approved), keyRequired)},
		"declined, then pending or held":              {do("rejected rejected_by_advertiser", status(rejected)), do("refused status_final", status(pending), proven), do("refused status_final", status(hold), proven), do("refused status_final", status(rejected), proven)},
		"declined, then paid, held by the offer":      {do("rejected rejected_by_advertiser", status(rejected), holdHours(2)), do("hold", status(approved), proven, holdHours(2)), do("refused duplicate", status(approved), proven, holdHours(2))},
		"declined, then paid after the offer's hold":  {do("rejected rejected_by_advertiser", status(rejected), holdHours(2)), do("approved", status(approved), proven, holdHours(2), after(7200))},
		"declined, then paid, a manual goal":          {do("rejected rejected_by_advertiser", manual, status(rejected)), do("approved", manual, status(approved), proven)},
		"what a check rejected is not paid":           {do("rejected too_late", late(1)), do("refused status_final", status(approved), proven)},
		"declined, then paid too much":                {do("rejected rejected_by_advertiser", status(rejected), tooMuch), do("refused bad_amount", status(approved), proven, amount(money.Max)), do("approved", status(approved), proven)},
		"a declined end point closes when it is paid": {do("rejected rejected_by_advertiser", endPoint, status(rejected)), do("approved", endPoint, status(approved), proven), do("refused session_closed", goal("3"))},
		"a declined one in a closed session is paid":  {do("rejected rejected_by_advertiser", goal("3"), status(rejected)), do("approved", endPoint), do("approved", goal("3"), status(approved), proven)},
		"no chargeback without a key":                 {do("approved"), do("refused status_final", status(rejected))},
		"no chargeback unproven":                      {do("approved"), do("refused status_final", status(rejected), keyRequired)},
		"only a proven key moves":                     {do("pending", status(pending)), do("refused duplicate", status(approved), keyRequired), do("approved", status(approved), proven)},
		"order id moves from another click":           {do("pending", order("o"), status(pending)), do("approved", order("o"), click("c2"), status(approved))},
		"moved whatever the offer is now":             {do("pending", status(pending)), do("approved", status(approved), offer(snapshot.Deleted), late(1))},
		"final amount only":                           {do("pending", status(pending)), do("pending", status(pending), amount(5_000_000)), do("refused duplicate", status(pending), amount(5_000_000))},
		"final amount that is too much":               {do("pending", status(pending), tooMuch), do("refused bad_amount", status(approved), amount(money.Max)), do("approved", status(approved))},

		"manual is pending whatever it says":   {do("pending", manual, status(approved)), do("approved", manual, status(approved))},
		"manual on hold is pending":            {do("pending", manual, status(hold))},
		"manual and rejected":                  {do("rejected rejected_by_advertiser", manual, status(rejected))},
		"manual, then held by the offer":       {do("pending", manual, holdHours(2)), do("hold", status(approved), holdHours(2), after(3600))},
		"hold counts from the conversion":      {do("pending", manual, holdHours(2)), do("approved", status(approved), holdHours(2), after(7200))},
		"the advertiser ends the offer's hold": {do("hold", holdHours(2)), do("approved", status(approved), holdHours(2))},
		"repeating itself ends no hold":        {do("hold", holdHours(2), status(approved)), do("refused duplicate", status(approved), holdHours(2))},
		"hold by word, then by the offer":      {do("hold", status(hold), holdHours(2)), do("hold", status(approved), holdHours(2)), do("refused duplicate", status(approved), holdHours(2))},

		"too_soon leaves its key free":          {do("rejected too_soon", minimum, early), do("approved", minimum, onTime)},
		"offer_inactive leaves its key free":    {do("rejected offer_inactive", offer(snapshot.Pending)), do("approved")},
		"currency_mismatch leaves its key free": {do("rejected currency_mismatch", currency("EUR"), order("o")), do("approved", currency("USD"), order("o"))},
		"unknown_goal leaves its key free":      {do("rejected unknown_goal", reason("unknown_goal"), order("o")), do("approved", order("o"))},

		"no order id, Enabled: a person decides":        {do("pending order_id_missing", multiple, noOrder), do("refused duplicate", multiple, noOrder, after(10)), do("pending order_id_missing", multiple, noOrder, after(11))},
		"no order id, Enabled: whatever it says":        {do("pending order_id_missing", multiple, noOrder, status(approved)), do("pending order_id_missing", multiple, noOrder, status(hold), param("x", "1")), do("rejected rejected_by_advertiser", multiple, noOrder, status(rejected), param("x", "2"))},
		"no order id, Enabled: no hold ends it":         {do("pending order_id_missing", multiple, noOrder, holdHours(1))},
		"no order id, Enabled: manual":                  {do("pending order_id_missing", multiple, noOrder, manual)},
		"no order id, Enabled: obstacles come first":    {do("rejected currency_mismatch", multiple, noOrder, currency("EUR")), do("rejected too_late", multiple, noOrder, late(1), param("x", "1"))},
		"no order id, Enabled: a test":                  {do("pending order_id_missing", multiple, noOrder, isTest)},
		"no order id, Disabled: once a session":         {do("approved", noOrder), do("refused duplicate", noOrder, after(99)), do("approved", noOrder, click("c2")), do("approved", noOrder, isTest)},
		"no order id, without session":                  {do("pending order_id_missing", noSession, noOrder), do("refused duplicate", noSession, noOrder, after(9)), do("approved", noSession, param("x", "1"))},
		"no order id, a goal recorded as click":         {do("approved", clickGoal, noOrder)},
		"no order id, Enabled: an end point closes too": {do("pending order_id_missing", endPoint, multiple, noOrder), do("refused session_closed", goal("3"))},

		"test leaves no trace":        {do("approved", isTest), do("approved", isTest), do("approved"), do("approved", isTest)},
		"test is judged":              {do("rejected too_late", isTest, late(1)), do("pending", isTest, manual), do("hold", isTest, holdHours(1))},
		"test closes nothing":         {do("approved", isTest, endPoint), do("approved", goal("3"))},
		"test of an unknown goal":     {do("rejected unknown_goal", isTest, reason("unknown_goal"))},
		"test in a closed session":    {do("approved", endPoint), do("approved", isTest, goal("3"))},
		"goal recorded as click":      {do("approved", clickGoal), do("refused duplicate", clickGoal), do("approved", clickGoal, after(11))},
		"click link is no conversion": {do("approved", multiple, viaClick), do("approved", multiple), do("refused duplicate", multiple, viaClick)},
		"click link":                  {do("approved", viaClick), do("approved")},
		"click of a blocked partner":  {do("rejected partner_inactive", viaClick, inactive(snapshot.Blocked))},
		"click in a closed session":   {do("approved", endPoint), do("refused session_closed", viaClick, goal("3"))},
	} {
		t.Run(name, func(t *testing.T) { newBooks(t).run(steps) })
	}
}

// TestCaps goes through the caps on conversions of docs/offer.md.
func TestCaps(t *testing.T) {
	limit := func(m snapshot.CapMetric, w snapshot.CapWindow, n int64) snapshot.Cap {
		return snapshot.Cap{Name: "c", Metric: m, Window: w, Limit: n}
	}
	two := caps(limit(snapshot.CapConversions, snapshot.CapDay, 2))
	money := caps(limit(snapshot.CapPayout, snapshot.CapLifetime, 2_500_000))
	earned := caps(limit(snapshot.CapRevenue, snapshot.CapMonth, 4_000_000))
	ofGoal := caps(snapshot.Cap{Name: "c", Metric: snapshot.CapConversions, Window: snapshot.CapDay, Limit: 1, Goal: "X"})
	each := caps(snapshot.Cap{Name: "c", Metric: snapshot.CapConversions, Window: snapshot.CapHour, Limit: 1, PerPartner: true})
	only := caps(snapshot.Cap{Name: "c", Metric: snapshot.CapConversions, Window: snapshot.CapHour, Limit: 1, Partners: []string{"shop"}})
	none := caps(limit(snapshot.CapConversions, snapshot.CapLifetime, 0))
	const full = "rejected cap_reached"

	for name, steps := range map[string][]step{
		"the Nth is the last":                    {do("approved", two), do("approved", two, click("2")), do(full, two, click("3")), do(full, two, click("3"))},
		"pending and hold count":                 {do("pending", two, status(pending)), do("hold", two, click("2"), status(hold)), do(full, two, click("3"))},
		"rejected does not count":                {do("approved", two), do("rejected rejected_by_advertiser", two, click("2"), status(rejected)), do("approved", two, click("3")), do(full, two, click("4"))},
		"a later rejection makes room":           {do("pending", two, status(pending)), do("approved", two, click("2")), do(full, two, click("3")), do("rejected rejected_by_advertiser", two, status(rejected)), do("approved", two, click("3"))},
		"a day later":                            {do("approved", two), do("approved", two, click("2")), do(full, two, click("3"), after(10*3600)), do("approved", two, click("3"), after(11*3600))},
		"nothing at all":                         {do(full, none)},
		"money is not exceeded":                  {do("approved", money), do("approved", money, click("2")), do(full, money, click("3"))},
		"what fits still fits":                   {do("approved", money, amount(9_000_000)), do(full, money, click("2")), do("approved", money, click("3"), private)},
		"revenue":                                {do("approved", earned), do("approved", earned, click("2")), do(full, earned, click("3"))},
		"a goal's, case ignored":                 {do("approved", ofGoal, goal("x")), do(full, ofGoal, goal("x"), click("2")), do("approved", ofGoal)},
		"each partner's":                         {do("approved", each), do(full, each, click("2")), do("approved", each, click("3"), partner("shop"))},
		"only one partner's":                     {do("approved", only), do("approved", only, click("2")), do("approved", only, click("3"), partner("shop")), do(full, only, click("4"), partner("shop"))},
		"too late before cap":                    {do("rejected too_late", none, after(9e6))},
		"rejected needs no place":                {do("rejected rejected_by_advertiser", none, status(rejected))},
		"test needs no place":                    {do("approved", none, isTest)},
		"the final amount fits":                  {do("pending", money, status(pending)), do("approved", money, status(approved), amount(15_000_000))},
		"the final amount does not fit":          {do("pending", money, status(pending)), do(full, money, status(approved), amount(15_000_010)), do("approved", money)},
		"a smaller final amount fits":            {do("pending", money, status(pending), amount(15_000_000)), do("approved", money, status(approved), amount(1_000_000)), do("approved", money, click("2"))},
		"moving takes no second place":           {do("pending", two, status(pending)), do("approved", two, status(approved)), do("approved", two, click("2")), do(full, two, click("3"))},
		"paid after all, the cap full meanwhile": {do("rejected rejected_by_advertiser", two, status(rejected)), do("approved", two, click("2")), do("approved", two, click("3")), do(full, two, status(approved), proven), do(full, two)},
		"paid after all takes a place":           {do("rejected rejected_by_advertiser", two, status(rejected)), do("approved", two, click("2")), do("approved", two, status(approved), proven), do(full, two, click("3"))},
		"paid after all, the money spent":        {do("rejected rejected_by_advertiser", money, status(rejected)), do("approved", money, click("2"), amount(5_000_000)), do("approved", money, status(approved), proven), do("rejected rejected_by_advertiser", money, status(rejected), proven), do(full, money, status(approved), proven, amount(1_000_000))},
		"no order id takes a place":              {do("pending order_id_missing", two, multiple, noOrder), do("approved", two, click("2")), do(full, two, multiple, noOrder, click("3"))},
		"a full cap does not stop moves":         {do("pending", two, status(pending)), do("approved", two, click("2")), do("approved", two, status(approved))},
	} {
		t.Run(name, func(t *testing.T) { newBooks(t).run(steps) })
	}
}
