package seal

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
)

// maxFileSize bounds what Parse looks at; 15 keys need under 2 KiB.
const maxFileSize = 64 << 10

// file is the JSON form of a ring.
type file struct {
	Keys []fileKey `json:"keys"`
}

// fileKey is one key in the file. Secret is standard base64 of 32 bytes.
type fileKey struct {
	ID        uint8     `json:"id"`
	NotBefore time.Time `json:"notBefore"`
	Secret    []byte    `json:"secret"`
}

// Parse reads what Encode writes. Errors never quote the content: they end up in logs.
// Unknown fields are errors, because a file that was edited by hand and means something
// else than it reads would make ids that nothing opens.
func Parse(data []byte) (*Keyring, error) {
	if len(data) > maxFileSize {
		return nil, fmt.Errorf("sealing keys: more than %d bytes", maxFileSize)
	}
	f, err := decodeFile(data)
	if err != nil {
		return nil, err
	}
	keys := make([]*key, 0, len(f.Keys))
	for _, fk := range f.Keys {
		if len(fk.Secret) != SecretSize {
			return nil, fmt.Errorf("sealing key %d: the secret must have %d bytes", fk.ID, SecretSize)
		}
		k, err := newKey(fk.ID, fk.NotBefore, [SecretSize]byte(fk.Secret))
		if err != nil {
			return nil, err
		}
		keys = append(keys, k)
	}
	return assemble(keys)
}

// decodeFile decodes exactly one JSON object of the known fields.
func decodeFile(data []byte) (*file, error) {
	f := &file{}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(f); err != nil {
		return nil, errors.New(`sealing keys: not JSON of the form {"keys":[{"id":1,"notBefore":"...","secret":"base64 of 32 bytes"}]}`)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("sealing keys: something follows the JSON object")
	}
	return f, nil
}

// Encode returns the ring as JSON, secrets in clear, oldest key first. It is the
// only way to get them out: for the Secret or the file, for nothing else.
func (r *Keyring) Encode() ([]byte, error) {
	f := file{}
	for _, k := range r.keys {
		f.Keys = append(f.Keys, fileKey{ID: k.id, NotBefore: k.notBefore, Secret: k.material().secret[:]})
	}
	data, err := json.MarshalIndent(f, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("encoding sealing keys: %w", err)
	}
	return append(data, '\n'), nil
}
