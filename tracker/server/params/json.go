package params

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// ErrBody means that a body is not what its kind promises; nothing of it counts.
var ErrBody = errors.New("the body is not a flat JSON object")

// ScanJSON reads a JSON object: strings, numbers and truth values count as they
// are written, null does not count. Lists and objects do not count either under
// names that mean nothing here; as a parameter they are an error, because to leave
// an amount or an order id out changes what is paid. On an error the set may hold
// some of the object's members: the caller must not act on them.
func (s *Set) ScanJSON(t *Table, body []byte) error {
	dec := json.NewDecoder(bytes.NewReader(body))
	if tok, err := dec.Token(); err != nil || tok != json.Delim('{') {
		return fmt.Errorf("%w: it does not begin with {", ErrBody)
	}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return fmt.Errorf("%w: %w", ErrBody, err)
		}
		var raw json.RawMessage
		if err := dec.Decode(&raw); err != nil {
			return fmt.Errorf("%w: %w", ErrBody, err)
		}
		name := key.(string) // or Token fails
		if val, ok := scalar(raw); ok {
			s.put(t, []byte(name), val)
		} else if _, known := t.find([]byte(name)); known && raw[0] != 'n' {
			return fmt.Errorf("%w: %s is a list or an object", ErrBody, name)
		}
	}
	if _, err := dec.Token(); err != nil {
		return fmt.Errorf("%w: %w", ErrBody, err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: something follows it", ErrBody)
	}
	return nil
}

// scalar returns the text of a string, number or truth value. A number stays as it is
// written, because one that was parsed would lose digits of an order id.
func scalar(raw json.RawMessage) ([]byte, bool) {
	switch raw[0] {
	case '{', '[', 'n':
		return nil, false
	case '"':
		var text string
		if err := json.Unmarshal(raw, &text); err != nil {
			return nil, false
		}
		return []byte(text), true
	}
	return raw, true
}
