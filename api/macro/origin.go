package macro

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"golang.org/x/net/idna"
)

// origin is the part of a URL in which no macro may stand: a visitor's parameter in the
// host could send visitors anywhere (an open redirect).
type origin struct {
	scheme    string // lower case
	authority string
}

// splitOrigin cuts a URL behind its host and port.
func splitOrigin(url string) (origin, string, error) {
	scheme, rest, ok := strings.Cut(url, "://")
	if !ok || strings.ContainsAny(scheme, "{<#") {
		return origin{}, "", fmt.Errorf("%w: it must begin with http:// or https://, a macro cannot stand for that", ErrURL)
	}
	scheme = strings.ToLower(scheme)
	if scheme != "http" && scheme != "https" {
		return origin{}, "", fmt.Errorf("%w: it must begin with http:// or https://", ErrURL)
	}
	end := strings.IndexAny(rest, "/?#")
	if end < 0 {
		end = len(rest)
	}
	if _, macro := scan(rest[end:]); macro || strings.ContainsAny(rest[:end], "{}<>") {
		return origin{}, "", fmt.Errorf("%w: a macro cannot stand in the host; put a / before it", ErrURL)
	}
	return origin{scheme: scheme, authority: rest[:end]}, rest[end:], nil
}

// check returns the text to send for the origin and the bare host.
func (o origin) check() (prefix, host string, err error) {
	if strings.Contains(o.authority, "@") {
		return "", "", fmt.Errorf("%w: user and password are visible to every reader of a URL; remove them", ErrURL)
	}
	host, port, err := splitPort(o.authority)
	if err != nil {
		return "", "", err
	}
	if strings.HasPrefix(host, "[") {
		return o.checkIPv6(host, port)
	}
	ascii, err := toASCII(host)
	if err != nil || !validHost(ascii) {
		return "", "", fmt.Errorf("%w: %.80q is no host name", ErrURL, host)
	}
	return o.scheme + "://" + ascii + port, ascii, nil
}

// toASCII lowers a host and writes letters outside ASCII as punycode. Names in
// ASCII are not held against the rules for international ones: an underscore
// occurs in names that exist.
func toASCII(host string) (string, error) {
	for i := range len(host) {
		if host[i] >= 0x80 {
			return idna.Lookup.ToASCII(host)
		}
	}
	return strings.ToLower(host), nil
}

// checkIPv6 is check for a host in brackets.
func (o origin) checkIPv6(host, port string) (string, string, error) {
	bare := strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	address, err := netip.ParseAddr(bare)
	if err != nil || !address.Is6() || address.Zone() != "" {
		return "", "", fmt.Errorf("%w: %.80q is no IPv6 address", ErrURL, host)
	}
	return o.scheme + "://[" + address.String() + "]" + port, address.String(), nil
}

// splitPort cuts ":8080" off and checks it. "" stays "".
func splitPort(authority string) (host, port string, err error) {
	i := strings.LastIndexByte(authority, ':')
	if i < 0 || strings.HasSuffix(authority, "]") {
		return authority, "", nil
	}
	number, err := strconv.ParseUint(authority[i+1:], 10, 16)
	if err != nil || number == 0 {
		return "", "", fmt.Errorf("%w: %.20q is no port", ErrURL, authority[i+1:])
	}
	return authority[:i], ":" + strconv.FormatUint(number, 10), nil
}

// validHost holds a host against the characters of names, after punycode. A
// backslash, which browsers take for a slash, is none of them.
func validHost(host string) bool {
	for i := range len(host) {
		c := host[i]
		if !unreserved(c) || c == '~' {
			return false
		}
	}
	return host != "" && len(host) <= 253 && !strings.HasPrefix(host, ".") && !strings.Contains(host, "..")
}
