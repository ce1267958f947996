package server

import (
	"slices"
	"strings"

	"github.com/cespare/xxhash/v2"

	"github.com/waypost/waypost/api/macro"
	"github.com/waypost/waypost/tracker/live"
)

// deepLink is a parsed redirect= of one offer; its template is nil if the link is not
// allowed.
type deepLink struct{ template *macro.Template }

// linkKey is a deep link as it was sent. Offers allow different hosts, and have different
// parameters of their own.
type linkKey struct {
	offer *live.Offer
	link  string
}

// deepLink returns the template of a deep link, nil if the offer does not allow it.
func (v *visit) deepLink(link []byte) *macro.Template {
	known := v.request.server.decisionsOf(v.request.index).links
	hash := xxhash.Sum64(link) ^ v.offer.Hash
	if l := known.Get(hash, &linkKey{v.offer, view(link)}); l != nil {
		return l.template
	}
	l := deepLink{template: parseDeepLink(string(link), v.offer)}
	known.Put(hash, linkKey{v.offer, string(link)}, l)
	return l.template
}

// parseDeepLink parses a deep link to a host that the offer allows. What is not plainly a
// link to such a host is none: everything that browsers read otherwise than it looks
// (//host, backslashes, user names, line breaks) is refused, and what is sent is put
// together anew from the parts.
func parseDeepLink(link string, offer *live.Offer) *macro.Template {
	if !plainURL(link) {
		return nil
	}
	link = withoutParameters(link, parameterNames(offer.Body.DestinationURL))
	t, err := macro.Parse(link, macro.Offer)
	if err != nil || !slices.Contains(offer.Body.DeepLinkHosts, t.Host()) {
		return nil
	}
	return t
}

// plainURL reports whether s is http(s)://host with the scheme's own port or none, no user
// or escapes in the host, and no backslash or control character anywhere.
func plainURL(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] == 0x7f || s[i] == '\\' {
			return false
		}
	}
	scheme, rest, ok := strings.Cut(s, "://")
	if !ok {
		return false
	}
	host, port, _ := strings.Cut(authority(rest), ":")
	if host == "" || strings.ContainsAny(host, "@% ") {
		return false
	}
	switch strings.ToLower(scheme) {
	case "http":
		return port == "" || port == "80"
	case "https":
		return port == "" || port == "443"
	}
	return false
}

// authority returns what stands before the path: host, port and user.
func authority(rest string) string {
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		return rest[:i]
	}
	return rest
}

// parameterNames returns the names in the query of a URL template.
func parameterNames(url string) []string {
	_, query, _ := strings.Cut(url[:fragmentStart(url)], "?")
	var names []string
	for pair := range strings.SplitSeq(query, "&") {
		if name, _, _ := strings.Cut(pair, "="); name != "" {
			names = append(names, name)
		}
	}
	return names
}

// withoutParameters takes parameters out of a URL's query. A link copied from the address
// bar carries those of the click that led there, and the destination's are added again.
func withoutParameters(url string, names []string) string {
	end := fragmentStart(url)
	base, query, ok := strings.Cut(url[:end], "?")
	if !ok {
		return url
	}
	var kept []string
	for pair := range strings.SplitSeq(query, "&") {
		if name, _, _ := strings.Cut(pair, "="); !slices.Contains(names, name) {
			kept = append(kept, pair)
		}
	}
	if len(kept) == 0 {
		return base + url[end:]
	}
	return base + "?" + strings.Join(kept, "&") + url[end:]
}

// fragmentStart returns where the fragment begins: at the first # that begins no macro, as
// #s1# does.
func fragmentStart(url string) int {
	for i := 0; i < len(url); i++ {
		if url[i] != '#' {
			continue
		}
		name := 0
		for i+1+name < len(url) && isAlphanumeric(url[i+1+name]) {
			name++
		}
		if name == 0 || i+1+name == len(url) || url[i+1+name] != '#' {
			return i
		}
		i += 1 + name
	}
	return len(url)
}

// isAlphanumeric reports whether c is a letter or a digit in ASCII, as macro names are.
func isAlphanumeric(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}
