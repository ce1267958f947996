package store

import "encoding/base64"

// tokenBytes is the length of a click id or impression id in its binary form.
const tokenBytes = 37

// tokens is how ids are written in URLs.
var tokens = base64.RawURLEncoding.Strict()

// VisitID is the form in which clicks and impressions are keyed: the 37 bytes
// behind an id, which sort by time. Anything else is kept as text behind a zero
// byte, with which no such id begins.
func VisitID(text string) []byte {
	raw, err := tokens.DecodeString(text)
	if err != nil || len(raw) != tokenBytes || raw[0] == 0 {
		return append([]byte{0}, text...)
	}
	return raw
}

// VisitText is the inverse of VisitID.
func VisitText(id []byte) string {
	if len(id) > 0 && id[0] == 0 {
		return string(id[1:])
	}
	return tokens.EncodeToString(id)
}
