package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/waypost/waypost/api/seal"
	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/tracker/clickid"
)

const explainedManifests = `
apiVersion: waypost.dev/v1alpha1
kind: Advertiser
metadata: {name: acme}
spec: {title: Acme}
---
apiVersion: waypost.dev/v1alpha1
kind: Partner
metadata: {name: blog}
spec: {title: Blog}
---
apiVersion: waypost.dev/v1alpha1
kind: Offer
metadata: {name: shoes}
spec:
  title: Shoes
  advertiserRef: {name: acme}
  destinationURL: https://shop.example/?c={clickid}
  defaultGoal: {payout: {flat: "1.50"}}
---
apiVersion: waypost.dev/v1alpha1
kind: Offer
metadata: {name: plain}
spec:
  title: Plain
  advertiserRef: {name: acme}
  destinationURL: https://shop.example/?c={clickid}
  goals: Disabled
---
apiVersion: waypost.dev/v1alpha1
kind: Goal
metadata: {name: plain-buy}
spec: {offerRef: {name: plain}, value: buy, title: Buy}
---
apiVersion: waypost.dev/v1alpha1
kind: Goal
metadata: {name: shoes-seen}
spec: {offerRef: {name: shoes}, value: seen, title: Seen, protocol: IFrameSSL}
---
apiVersion: waypost.dev/v1alpha1
kind: Goal
metadata: {name: shoes-looked}
spec: {offerRef: {name: shoes}, value: looked, title: Looked, recordAs: Click, payout: {flat: "4"}}
---
apiVersion: waypost.dev/v1alpha1
kind: Offer
metadata: {name: kept}
spec:
  title: Kept
  advertiserRef: {name: acme}
  destinationURL: https://shop.example/?c={clickid}
  hold: {hours: 72}
  postbackKeySecretRef: {name: kept-key, key: key}
`

// explainable writes manifests and keys, and makes ids of those keys.
func explainable(t *testing.T, manifests string) (config, data string, minter *clickid.Minter) {
	t.Helper()
	config, data = t.TempDir(), t.TempDir()
	if err := os.WriteFile(filepath.Join(config, "all.yaml"), []byte(manifests), 0o600); err != nil {
		t.Fatal(err)
	}
	keys, err := seal.LoadOrCreateDir(data, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if minter, err = clickid.NewMinter(keys); err != nil {
		t.Fatal(err)
	}
	return config, data, minter
}

// TestExplainVerdict: the first check that fails names the reason, as the ledger has it.
func TestExplainVerdict(t *testing.T) {
	config, data, minter := explainable(t, explainedManifests)
	partner := snapshot.PartnerHash("default", "blog")
	for _, test := range []struct {
		offer, goal string
		impression  bool
		want        string
	}{
		{"shoes", "1", false, "approved, if it is the first and no cap is reached"},
		{"shoes", "seen", false, "approved, if it is the first and no cap is reached\n" +
			"          by iframe pixel only; a server postback is refused: wrong_protocol"},
		{"shoes", "buy", false, "rejected: unknown_goal"},
		{"shoes", "", false, "approved, if it is the first and no cap is reached"},
		{"shoes", " \t", false, "approved, if it is the first and no cap is reached"},
		{"shoes", " looked ", false, "counted as a click on the goal: it pays nothing"},
		{"shoes", "looked", false, "counted as a click on the goal: it pays nothing"},
		{"kept", "1", false, "hold for 72 hours, then approved, if it is the first and no cap is reached\n" +
			"          with the key of the network, the advertiser or the offer only; else refused: bad_key"},
		{"shoes", "buy", true, "refused: view_through_disabled"},
		{"plain", "1", false, "approved, if it is the first and no cap is reached"},
		{"plain", "buy", false, "refused: goals_disabled"},
		{"plain", "other", false, "refused: goals_disabled"},
	} {
		id := minter.AppendClick(nil, time.Now(), snapshot.OfferHash("default", test.offer), partner)
		if test.impression {
			id = minter.AppendImpression(nil, time.Now(), snapshot.OfferHash("default", test.offer), partner)
		}
		cmd, out := newExplainCommand(), &bytes.Buffer{}
		cmd.SetOut(out)
		cmd.SetErr(&bytes.Buffer{})
		cmd.SetArgs([]string{"--config", config, "--data", data, "--clickid", string(id), "--goal", test.goal, "--amount", " 10 ",
			"--server", "http://127.0.0.1:1", "--token", "none"})
		if err := cmd.ExecuteContext(t.Context()); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(out.String(), "verdict   "+test.want+"\n") {
			t.Errorf("%s %s: want %q in\n%s", test.offer, test.goal, test.want, out)
		}
	}
}

// TestExplainRefusesUnknownFields: a misspelt field would price by other rules.
func TestExplainRefusesUnknownFields(t *testing.T) {
	cmd := newExplainCommand()
	cmd.SetOut(&bytes.Buffer{})
	cmd.SetErr(&bytes.Buffer{})
	cmd.SetArgs([]string{"--clickid", "x", "--field", "bogus=1"})
	if err := cmd.ExecuteContext(t.Context()); err == nil || !strings.Contains(err.Error(), "--field bogus: no rule asks for that; use one of source, country") {
		t.Error(err)
	}
}

// TestExplainPassesAnOverrideOver: an override that holds and lacks a side is named
// on that side's way.
func TestExplainPassesAnOverrideOver(t *testing.T) {
	const override = `
---
apiVersion: waypost.dev/v1alpha1
kind: PartnerPayout
metadata: {name: deals}
spec:
  partnerRef: {name: blog}
  overrides:
  - {name: december, offer: shoes, payout: {flat: "1.40"}}
`
	config, data, minter := explainable(t, explainedManifests+override)
	id := minter.AppendClick(nil, time.Now(), snapshot.OfferHash("default", "shoes"), snapshot.PartnerHash("default", "blog"))
	cmd, out := newExplainCommand(), &bytes.Buffer{}
	cmd.SetOut(out)
	cmd.SetErr(&bytes.Buffer{})
	cmd.SetArgs([]string{"--config", config, "--data", data, "--clickid", string(id), "--server", "http://127.0.0.1:1", "--token", "none"})
	if err := cmd.ExecuteContext(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"payout    1.40 USD\n          1. override deals/december: ",
		"revenue   0.00 USD\n          1. override deals/december: holds but gives no revenue\n          2. goal: ",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("want %q in\n%s", want, out)
		}
	}
}
