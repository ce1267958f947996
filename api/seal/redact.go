package seal

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"strconv"
	"strings"
)

// String names the keys by id and shows nothing of them.
func (r *Keyring) String() string {
	if r == nil || len(r.keys) == 0 {
		return "seal.Keyring(empty)"
	}
	ids := make([]string, len(r.keys))
	for i, k := range r.keys {
		ids[i] = strconv.Itoa(int(k.id))
	}
	return "seal.Keyring(keys " + strings.Join(ids, ", ") + "; secrets redacted)"
}

// GoString is String.
func (r *Keyring) GoString() string { return r.String() }

// Format writes String for every verb, %x and %+v included.
func (r *Keyring) Format(state fmt.State, _ rune) {
	_, _ = io.WriteString(state, r.String())
}

// MarshalJSON writes String, so that a ring in a logged or answered struct stays
// closed. Encode is the way to write a ring.
func (r *Keyring) MarshalJSON() ([]byte, error) { return json.Marshal(r.String()) }

// MarshalText is MarshalJSON for text formats.
func (r *Keyring) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// LogValue is String for structured logs.
func (r *Keyring) LogValue() slog.Value { return slog.StringValue(r.String()) }
