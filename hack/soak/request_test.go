package soak

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// visit is a click or an impression that an id was given out for.
type visit struct {
	ID, Network, Offer, Partner string
	Impression                  bool
	Seconds                     int64
}

// secondsOf reads the time out of an id (docs/click-id.md).
func secondsOf(id string) int64 {
	raw, err := base64.RawURLEncoding.DecodeString(id)
	if err != nil || len(raw) != 37 {
		return 0
	}
	return int64(binary.BigEndian.Uint32(raw[1:]))
}

type param struct{ Name, Value string }

// request is one call of the public port. What it means is in meaning, by names of
// our own; params is the same as it is sent.
type request struct {
	serial           int
	network, path    string
	body             string // "", "form" or "json"
	params           []param
	keys             []param // sent like params, never stored
	bearer           string
	source, protocol string // X-Forwarded-For, X-Forwarded-Proto
	agent            string
	meaning          map[string]string
}

// keysGiven are all keys that the request presents.
func (q *request) keysGiven() []string {
	var list []string
	for i, k := range q.keys {
		again := func(later param) bool { return later.Name == k.Name }
		if q.body == "json" && slices.ContainsFunc(q.keys[i+1:], again) {
			continue // an object has a name once, and the last is it
		}
		list = append(list, k.Value)
	}
	if q.bearer != "" {
		list = append(list, q.bearer)
	}
	return list
}

// synonyms are the names in the tables of docs/integrate.md.
var synonyms = map[string][]string{
	"click":  {"clickid", "click_id", "transaction_id", "tracking", "tid", "cid", "reqid", "passthrough1"},
	"amount": {"amount", "sum"}, "order": {"action_id", "order_id", "txid", "conversion_unique_id"},
	"offer": {"offer", "offer_id", "oid"}, "partner": {"partner", "pid", "aff_id", "affiliate_id", "aid"},
	"adv_sub1": {"adv_sub", "adv_sub1"}, "key": {"api_key", "secure", "security_token", "key"},
	"sub1": {"sub1", "aff_sub", "aff_sub1", "s1"}, "sub2": {"sub2", "aff_sub2", "s2"}, "ref": {"ref", "aff_click_id", "ref_id"},
}

func spelled(r *rand.Rand, meaning string) string {
	list := synonyms[meaning]
	if list == nil {
		return meaning
	}
	return list[r.IntN(len(list))]
}

// render writes the meaning down in one of the ways there are.
func (q *request) render(r *rand.Rand) {
	for _, m := range slices.Sorted(keysOf(q.meaning)) {
		name := spelled(r, m)
		if q.path == "/" && m == "offer" {
			name = "c"
		}
		if q.path == "/" && m == "partner" {
			name = "a"
		}
		name = damaged(r, name)
		q.params = append(q.params, param{name, padded(r, m, q.meaning[m])})
		if q.body != "json" && q.meaning[m] != "" && r.IntN(40) == 0 {
			q.params = append(q.params, param{name, "second"}) // the first counts
		}
	}
	if q.path == "/aff_goal" {
		q.params = append(q.params, param{"a", "lsr"})
	}
	if r.IntN(10) == 0 {
		q.params = append(q.params, param{"unknown", "ignored"})
	}
}

// damaged is what a name becomes on its way through pages and mails.
func damaged(r *rand.Rand, name string) string {
	switch r.IntN(30) {
	case 0:
		return "amp;" + name
	case 1:
		return strings.ToUpper(name)
	case 2:
		return []string{"amp;amp;", "#38;", "AMP;", " "}[r.IntN(4)] + name
	}
	return name
}

// padded has blanks around a value now and then, where they mean nothing.
func padded(r *rand.Rand, meaning, value string) string {
	switch meaning {
	case "click", "aimp_id", "goal", "goal_id", "goal_name", "goal_ref", "amount", "order", "status", "currency":
		if value != "" && r.IntN(25) == 0 {
			return []string{value + " ", value + "\r\n", "\u00a0" + value, value + "\ufeff"}[r.IntN(4)]
		}
	}
	return value
}

func keysOf(m map[string]string) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// identical is what makes a request the same as another: everything it sent but keys.
func (q *request) identical() string {
	var list []string
	for _, p := range q.params {
		list = append(list, p.Name+"="+p.Value)
	}
	slices.Sort(list)
	return strings.Join(list, "&")
}

func (q *request) encode() url.Values {
	v := url.Values{}
	for _, p := range append(slices.Clone(q.params), q.keys...) {
		v.Add(p.Name, p.Value)
	}
	return v
}

func (q *request) json() []byte {
	m := map[string]string{}
	for _, p := range append(slices.Clone(q.params), q.keys...) {
		m[p.Name] = p.Value
	}
	data, err := json.Marshal(m)
	if err != nil {
		panic(err) // texts always encode
	}
	return data
}

// answer is what a caller gets to know.
type answer struct {
	status   int
	reason   string // header
	id       string // header, of clicks and impressions
	location string
	body     []byte
}

// client follows no redirects: where a click leads to is the advertiser's.
var client = &http.Client{
	Timeout:       12 * time.Second,
	Transport:     &http.Transport{MaxIdleConnsPerHost: 64},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// send sends the request to a tracker once.
func (q *request) send(ctx context.Context, tracker, domain string) (answer, error) {
	target, method := "http://"+tracker+q.path, http.MethodGet
	var body io.Reader
	switch q.body {
	case "form":
		method, body = http.MethodPost, strings.NewReader(q.encode().Encode())
	case "json":
		method, body = http.MethodPost, bytes.NewReader(q.json())
	default:
		target += "?" + q.encode().Encode()
	}
	h, err := http.NewRequestWithContext(ctx, method, target, body)
	if err != nil {
		return answer{}, err
	}
	h.Host = domain
	h.Header.Set("User-Agent", q.agent)
	h.Header.Set("X-Forwarded-For", q.source)
	for name, value := range map[string]string{
		"X-Forwarded-Proto": q.protocol,
		"Content-Type":      map[string]string{"form": "application/x-www-form-urlencoded", "json": "application/json"}[q.body],
		"Authorization":     map[bool]string{true: "Bearer " + q.bearer}[q.bearer != ""],
	} {
		if value != "" {
			h.Header.Set(name, value)
		}
	}
	res, err := client.Do(h)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = res.Body.Close() }() // read to its end
	data, err := io.ReadAll(res.Body)
	a := answer{status: res.StatusCode, reason: res.Header.Get("Waypost-Reason"), location: res.Header.Get("Location"), body: data}
	a.id = res.Header.Get("Waypost-Click") + res.Header.Get("Waypost-Impression")
	return a, err
}

// tag is how a postback is found again in the journal, retried or not.
func tag(serial int) string { return fmt.Sprintf("server/%d", serial) }
