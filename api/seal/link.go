package seal

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
)

// ErrLink reports that an encrypted parameter was not made here or has been changed.
var ErrLink = errors.New("not a sealed link of this installation")

const (
	// maxLink bounds what OpenLink looks at: three names of up to 253 bytes fit.
	maxLink = 2048

	linkNonce  = 12
	linkHeader = 1 + linkNonce
)

// linkEncoding is URL-safe and takes one spelling only.
var linkEncoding = base64.RawURLEncoding.Strict()

// SealLink returns the value of the encrypted parameter of a goal's pixel and
// click links. Equal arguments give equal links, so status does not change
// between two looks; after a rotation a new link is shown and the old one works
// until its key is retired.
func SealLink(ring *Keyring, network, offerTrackingID, goalValue string) string {
	k := ring.newest()
	plain := appendFields(nil, network, offerTrackingID, goalValue)
	// AES-GCM must not see a nonce twice with two messages. One made of the
	// message by a keyed hash differs where the message does (the SIV way).
	mac := hmac.New(sha256.New, k.material().derived[PurposeLinkNonce][:])
	mac.Write(plain)
	sealed := append([]byte{k.id}, mac.Sum(nil)[:linkNonce]...)
	sealed = k.material().link.Seal(sealed, sealed[1:linkHeader], plain, sealed[:1])
	return linkEncoding.EncodeToString(sealed)
}

// OpenLink returns what SealLink was given. The error wraps ErrLink or
// ErrUnknownKey.
func OpenLink(ring *Keyring, s string) (network, offerTrackingID, goalValue string, err error) {
	if len(s) > maxLink {
		return "", "", "", fmt.Errorf("opening a sealed link: more than %d characters: %w", maxLink, ErrLink)
	}
	sealed, err := linkEncoding.DecodeString(s)
	// The decoder skips line breaks; a link has one spelling only.
	if err != nil || len(sealed) < linkHeader || linkEncoding.EncodedLen(len(sealed)) != len(s) {
		return "", "", "", fmt.Errorf("opening a sealed link: %w", ErrLink)
	}
	k := ring.get(sealed[0])
	if k == nil {
		return "", "", "", fmt.Errorf("opening a sealed link: key %d: %w", sealed[0], ErrUnknownKey)
	}
	plain, err := k.material().link.Open(nil, sealed[1:linkHeader], sealed[linkHeader:], sealed[:1])
	if err != nil {
		return "", "", "", fmt.Errorf("opening a sealed link: %w", ErrLink)
	}
	fields, ok := splitFields(plain)
	if !ok {
		return "", "", "", fmt.Errorf("opening a sealed link: %w", ErrLink)
	}
	return fields[0], fields[1], fields[2], nil
}

// appendFields writes fields so that no two lists of fields look the same.
func appendFields(dst []byte, fields ...string) []byte {
	for _, field := range fields {
		dst = binary.AppendUvarint(dst, uint64(len(field)))
		dst = append(dst, field...)
	}
	return dst
}

// splitFields reads the three fields of a link.
func splitFields(plain []byte) (fields [3]string, ok bool) {
	for i := range fields {
		length, n := binary.Uvarint(plain)
		if n <= 0 || length > uint64(len(plain)-n) {
			return fields, false
		}
		end := n + int(length)
		fields[i], plain = string(plain[n:end]), plain[end:]
	}
	return fields, len(plain) == 0
}
