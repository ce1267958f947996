package live

import "strings"

// maxHostLength bounds a host name (RFC 1035 §2.3.4); nothing longer is a
// tracking domain.
const maxHostLength = 253

// canonicalHost appends host to dst without port and final dot, in lower case.
// It fails for what cannot be a tracking domain.
func canonicalHost(dst []byte, host string) ([]byte, bool) {
	// A bracketed IPv6 address has colons of its own, and no network has it as a
	// domain.
	if i := strings.IndexByte(host, ':'); i >= 0 {
		host = host[:i]
	}
	host = strings.TrimSuffix(host, ".")
	if host == "" || len(host) > maxHostLength || host[0] == '[' {
		return dst, false
	}
	for i := range len(host) {
		dst = append(dst, lower(host[i]))
	}
	return dst, true
}
