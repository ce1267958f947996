package clickid

import (
	"crypto/subtle"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/waypost/waypost/api/seal"
)

// ErrInvalid is what every error of Open wraps: the text is no id of this
// installation. A postback with such an id is answered bad_click_id.
var ErrInvalid = errors.New("not an id of this installation")

// The errors of Open, made once so that refusing allocates nothing.
var (
	errForm    = fmt.Errorf("%w: not 50 characters of A-Z a-z 0-9 _ -", ErrInvalid)
	errVersion = fmt.Errorf("%w: of an unknown version or kind", ErrInvalid)
	errKey     = fmt.Errorf("%w: %w", ErrInvalid, seal.ErrUnknownKey)
	errMAC     = fmt.Errorf("%w: changed or made with another key", ErrInvalid)
)

// Open reads an id of either kind. The caller checks the kind, the time and
// whether the hashes name anything in the network at hand. It allocates nothing
// and takes the same time wherever the id was changed.
func Open(ring *seal.Keyring, s string) (ID, error) {
	var raw [Size]byte
	if !decodeText(&raw, s) {
		return ID{}, errForm
	}
	var id ID
	id.decode(&raw)
	if raw[0]>>versionShift&versionMask != version || id.Kind != Click && id.Kind != Impression {
		return ID{}, errVersion
	}
	key, ok := newMACKey(ring, id.KeyID)
	if !ok {
		return ID{}, errKey
	}
	var want [8]byte
	binary.BigEndian.PutUint64(want[:], key.mac(&raw))
	if subtle.ConstantTimeCompare(want[:], raw[offsetMAC:]) != 1 {
		return ID{}, errMAC
	}
	return id, nil
}

// decodeText undoes the base64. The length is checked first: the decoder skips
// line breaks, but then 50 characters give fewer than 37 bytes.
func decodeText(raw *[Size]byte, s string) bool {
	if len(s) != Length {
		return false
	}
	var text [Length]byte
	copy(text[:], s)
	n, err := encoding.Decode(raw[:], text[:])
	return err == nil && n == Size
}
