package compile

import (
	"strings"

	"github.com/gosimple/slug"

	"github.com/waypost/waypost/api/snapshot"
)

// slug gives the goal its name in URLs: the given one, else the transliterated
// title (S1-6), and the former names that still work.
func (b *goalBuild) slug() {
	at, aliases := b.at.dot("slug"), b.at.dot("slugAliases")
	b.body.Slug = b.spec.Slug
	if b.body.Slug == "" {
		b.body.Slug = defaultSlug(b.body)
	} else {
		b.matching(&at, b.body.Slug, maxSlug, urlSafePattern, "slug (letters, digits and ._~-)")
	}
	b.atMost(&aliases, len(b.spec.SlugAliases), maxAliases)
	for i, alias := range b.spec.SlugAliases {
		entry := aliases.at(i)
		b.matching(&entry, alias, maxSlug, urlSafePattern, "slug (letters, digits and ._~-)")
		if !strings.EqualFold(alias, b.body.Slug) { // the slug itself, listed ahead of a change
			b.body.SlugAliases = append(b.body.SlugAliases, alias)
		}
	}
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
