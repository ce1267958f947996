package address

import (
	"bytes"
	"fmt"
	"net/netip"
	"strings"
)

// Proxies are the peers with an X-Forwarded-For and X-Forwarded-Proto that count
// (--trusted-proxies). The zero value trusts none.
type Proxies struct{ prefixes []netip.Prefix }

// ParseProxies reads addresses and CIDR prefixes, v4 and v6.
func ParseProxies(list []string) (Proxies, error) {
	var p Proxies
	for _, s := range list {
		s = strings.TrimSpace(s)
		if s == "" {
			continue
		}
		prefix, err := parsePrefix(s)
		if err != nil {
			return Proxies{}, fmt.Errorf("trusted proxy %q is neither an address nor a CIDR prefix such as 10.0.0.0/8: %w", s, err)
		}
		p.prefixes = append(p.prefixes, prefix)
	}
	return p, nil
}

// parsePrefix reads an address as the prefix of it alone, or a CIDR with its host bits
// cleared.
func parsePrefix(s string) (netip.Prefix, error) {
	if !strings.Contains(s, "/") {
		a, err := netip.ParseAddr(s)
		if err != nil {
			return netip.Prefix{}, err
		}
		a = a.Unmap()
		return netip.PrefixFrom(a, a.BitLen()), nil
	}
	p, err := netip.ParsePrefix(s)
	if err != nil {
		return netip.Prefix{}, err
	}
	return p.Masked(), nil
}

// Trusts reports whether peer is one of the proxies.
func (p Proxies) Trusts(peer netip.Addr) bool {
	for _, prefix := range p.prefixes {
		if prefix.Contains(peer) {
			return true
		}
	}
	return false
}

// Client returns the address that asked: peer itself, unless it is a trusted
// proxy; then the last address in forwarded (the values of X-Forwarded-For, in
// order) that is not a trusted proxy. Something that is no address ends the
// search at the last proxy that is known.
func (p Proxies) Client(peer netip.Addr, forwarded [][]byte) netip.Addr {
	client := peer.Unmap()
	if !p.Trusts(client) {
		return client
	}
	for i := len(forwarded) - 1; i >= 0; i-- {
		rest, item := forwarded[i], []byte(nil)
		for len(rest) > 0 {
			rest, item = cutLast(rest)
			if item = bytes.TrimSpace(item); len(item) == 0 {
				continue
			}
			a, ok := parseForwarded(item)
			if !ok {
				return client
			}
			client = a
			if !p.Trusts(a) {
				return client
			}
		}
	}
	return client
}

// cutLast splits the last element off a comma-separated list.
func cutLast(list []byte) (rest, last []byte) {
	if i := bytes.LastIndexByte(list, ','); i >= 0 {
		return list[:i], list[i+1:]
	}
	return nil, list
}

// parseForwarded reads an address as proxies write it: bare, with a port, or a
// v6 address in brackets.
func parseForwarded(item []byte) (netip.Addr, bool) {
	const longest = len("[ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255]:65535")
	if len(item) > longest {
		return netip.Addr{}, false
	}
	if item[0] == '[' {
		end := bytes.IndexByte(item, ']')
		if end < 0 {
			return netip.Addr{}, false
		}
		item = item[1:end]
	} else if i := bytes.IndexByte(item, ':'); i >= 0 && bytes.IndexByte(item[i+1:], ':') < 0 {
		item = item[:i]
	}
	a, err := netip.ParseAddr(string(item))
	if err != nil {
		return netip.Addr{}, false
	}
	return a.WithZone("").Unmap(), true
}
