package journal

import "math"

// cursor is a place in a text of CBOR. Its methods read what is there in the form that
// appendHead writes, and report whether they could.
type cursor struct {
	text string
	at   int
}

// head reads the head of a data item: its major type and its argument.
func (in *cursor) head() (major byte, n uint64, ok bool) {
	if in.at >= len(in.text) {
		return 0, 0, false
	}
	first := in.text[in.at]
	in.at++
	major, n = first&^0x1f, uint64(first&0x1f)
	if n < 24 {
		return major, n, true
	}
	if n > 27 {
		return 0, 0, false
	}
	size := 1 << (n - 24)
	if len(in.text)-in.at < size {
		return 0, 0, false
	}
	n = 0
	for _, b := range []byte(in.text[in.at : in.at+size]) {
		n = n<<8 | uint64(b)
	}
	in.at += size
	return major, n, true
}

func (in *cursor) uint() (uint64, bool) {
	major, n, ok := in.head()
	return n, ok && major == majorUint
}

func (in *cursor) int() (int64, bool) {
	major, n, ok := in.head()
	switch {
	case !ok || n > math.MaxInt64:
		return 0, false
	case major == majorNeg:
		return -int64(n) - 1, true
	}
	return int64(n), major == majorUint
}

// next passes over one byte, which must be b.
func (in *cursor) next(b byte) bool {
	if in.at >= len(in.text) || in.text[in.at] != b {
		return false
	}
	in.at++
	return true
}

func (in *cursor) textInto(to *string) bool {
	major, n, ok := in.head()
	if !ok || to == nil || major != majorText || n > uint64(len(in.text)-in.at) {
		return false
	}
	*to = in.text[in.at : in.at+int(n)]
	in.at += int(n)
	return true
}

// subs reads an array of up to ten texts.
func (in *cursor) subs(to *[10]string) bool {
	major, n, ok := in.head()
	if !ok || major != majorArray || n > uint64(len(to)) {
		return false
	}
	for i := range n {
		if !in.textInto(&to[i]) {
			return false
		}
	}
	return true
}
