package world

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Partners is how many partners a world of manifests has.
const Partners = 100

// perFile is how many offers stand in one file.
const perFile = 100

// Manifests writes a network of so many offers, each open to impressions, into dir.
// One of them stands in a file of its own, for Edit.
func Manifests(dir string, offers int) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	var base strings.Builder
	base.WriteString(object("Network", "bench", "title: Bench\n  fallbackURL: https://bench.example/gone"))
	base.WriteString(object("Advertiser", "acme", "title: Acme"))
	for i := range Partners {
		base.WriteString(object("Partner", fmt.Sprintf("partner-%d", i), fmt.Sprintf("title: Partner %d\n  trackingID: %q", i, partnerID(i))))
	}
	if err := write(dir, "base.yaml", base.String()); err != nil {
		return err
	}
	if err := Edit(dir, 0); err != nil {
		return err
	}
	for first := 1; first < offers; first += perFile {
		var file strings.Builder
		for i := first; i < min(first+perFile, offers); i++ {
			file.WriteString(offer(i, fmt.Sprintf("Offer %d", i)))
		}
		if err := write(dir, fmt.Sprintf("offers-%06d.yaml", first), file.String()); err != nil {
			return err
		}
	}
	return nil
}

// Edit changes the title of one offer, in one step as an editor does.
func Edit(dir string, n int) error {
	return write(dir, "edited.yaml", offer(0, fmt.Sprintf("Edit %d", n)))
}

// write replaces a file in one step, under a hidden name first: serve never reads half
// of it, and each edit is one event.
func write(dir, name, text string) error {
	hidden := filepath.Join(dir, "."+name+"~")
	if err := os.WriteFile(hidden, []byte(text), 0o600); err != nil {
		return err
	}
	return os.Rename(hidden, filepath.Join(dir, name))
}

// offer is the manifest of one offer, with impressions and a redirect of usual length.
func offer(i int, title string) string {
	return object("Offer", fmt.Sprintf("offer-%06d", i), fmt.Sprintf(`title: %s
  trackingID: %q
  advertiserRef: {name: acme}
  destinationURL: %s
  impressions: {tracking: Enabled}
  defaultGoal: {payout: {type: Flat, flat: "1.00"}, revenue: {type: Percentage, percent: "12.5"}}`, title, offerID(i), destination(i)))
}

// object is one document of a file; spec is indented by two blanks already.
func object(kind, name, spec string) string {
	return fmt.Sprintf("---\napiVersion: waypost.dev/v1alpha1\nkind: %s\nmetadata: {name: %s}\nspec:\n  %s\n", kind, name, spec)
}

func offerID(i int) string   { return fmt.Sprint(100_000 + i) }
func partnerID(i int) string { return fmt.Sprint(2000 + i) }

// destination is the URL of an offer, with three macros for each click to fill in.
func destination(i int) string {
	return fmt.Sprintf("https://shop-%d.example/landing/%d?cid={clickid}&s={sub1}&p={partner_id}&utm_source=waypost", i%97, i)
}

// Location is a redirect such as offers of this world answer with.
func Location() string {
	return strings.NewReplacer("{clickid}", "UWsBGv7ygWnva-DNel48aMRhwB4DwQCLxTZseBElxVGtcDInRw", "{sub1}", "newsletter-11", "{partner_id}", partnerID(0)).Replace(destination(4711))
}
