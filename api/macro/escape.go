package macro

import "slices"

const upperHex = "0123456789ABCDEF"

// plainBytes holds the bytes of a value that are sent as they are. RFC 3986
// section 2.3: no others are safe in every part of a URL. A table, because it is
// asked for every byte of every click.
var plainBytes = func() (table [256]bool) {
	for _, c := range []byte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~") {
		table[c] = true
	}
	return table
}()

// unreserved reports whether a byte of a value is sent as it is.
func unreserved(c byte) bool { return plainBytes[c] }

// escape percent-encodes dst[start:] in place, from its end, so that no second
// buffer is needed. A space becomes %20, which every part of a URL understands.
func escape(dst []byte, start int) []byte {
	count := 0
	for _, c := range dst[start:] {
		if !unreserved(c) {
			count++
		}
	}
	if count == 0 {
		return dst
	}
	from := len(dst)
	dst = slices.Grow(dst, 2*count)[:from+2*count]
	for to := len(dst); to > from; {
		from--
		c := dst[from]
		if unreserved(c) {
			to--
			dst[to] = c
			continue
		}
		to -= 3
		dst[to], dst[to+1], dst[to+2] = '%', upperHex[c>>4], upperHex[c&15]
	}
	return dst
}

// escapeSegment is escape for a path. A value of "." or ".." would climb out of
// its place, even as %2E (browsers take that for a dot), so its dots are encoded
// twice: the receiver sees the text %2E.
func escapeSegment(dst []byte, start int) []byte {
	switch string(dst[start:]) {
	case ".":
		return append(dst[:start], "%252E"...)
	case "..":
		return append(dst[:start], "%252E%252E"...)
	}
	return escape(dst, start)
}
