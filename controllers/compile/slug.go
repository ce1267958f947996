package compile

import (
	"strings"

	"github.com/gosimple/slug"

	"github.com/waypost/waypost/api/snapshot"
)

// readSlug returns the goal's name in URLs: the given one, else the transliterated
// title (S1-6).
func readSlug(f *findings, at *path, slug string, goal *snapshot.Goal) string {
	if slug == "" {
		return defaultSlug(goal)
	}
	return f.matching(at, slug, maxSlug, urlSafePattern, "slug (letters, digits and ._~-)")
}

// readAliases reads the former slugs that still work. The slug itself, listed ahead
// of a change, is none.
func readAliases(f *findings, at *path, aliases []string, slug string) []string {
	f.atMost(at, len(aliases), maxAliases)
	var list []string
	for i, alias := range aliases {
		f.matching(at.at(i), alias, maxSlug, urlSafePattern, "slug (letters, digits and ._~-)")
		if !strings.EqualFold(alias, slug) {
			list = append(list, alias)
		}
	}
	return list
}

// defaultSlug is the title in Latin letters, digits and hyphens, cut to maxSlug bytes.
// A title without any of them, such as "!!!", gives "goal-" and the value. The language
// is fixed, so that equal titles give equal slugs everywhere.
func defaultSlug(body *snapshot.Goal) string {
	made := slug.MakeLang(body.Title, "en")
	if len(made) > maxSlug {
		made = strings.TrimRight(made[:maxSlug], "-_")
	}
	if made == "" {
		made = "goal-" + strings.ToLower(body.Value)
	}
	return made
}
