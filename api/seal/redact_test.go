package seal

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

// TestNothingPrintsAKey prints rings in every way that a log line, an error or an
// answer may come about, and looks for a key in every spelling.
func TestNothingPrintsAKey(t *testing.T) {
	ring := mustRotate(t, mustNew(t, start), start)
	holder := struct {
		Ring   *Keyring
		hidden Keyring
	}{ring, *ring}
	for i, printed := range printouts(t, ring, &holder) {
		for _, spelling := range spellings(ring) {
			if strings.Contains(printed, spelling) {
				t.Errorf("print-out %d shows a key: %.80s", i, printed)
				break
			}
		}
	}
	if !strings.Contains(ring.String(), "1, 2") {
		t.Errorf("%s does not name its keys", ring)
	}
	if (*Keyring)(nil).String() == "" {
		t.Error("a nil ring prints as nothing")
	}
}

func printouts(t *testing.T, ring *Keyring, holder any) []string {
	t.Helper()
	var outs []string
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%b", "%c", "%U", "%T"} {
		outs = append(outs, fmt.Sprintf(verb, ring), fmt.Sprintf(verb, *ring), fmt.Sprintf(verb, holder))
	}
	for _, value := range []any{ring, *ring, holder} {
		data, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		outs = append(outs, string(data))
	}
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("text", "ring", ring, "holder", holder)
	slog.New(slog.NewJSONHandler(&log, nil)).Info("json", "ring", ring, "holder", holder)
	return append(outs, log.String(), errors.Join(fmt.Errorf("wrapped %v", ring)).Error())
}

// spellings lists how the first bytes of secrets and derived keys could show.
func spellings(ring *Keyring) []string {
	var list []string
	for _, k := range ring.keys {
		for _, secret := range append([][SecretSize]byte{k.material().secret}, k.material().derived[:]...) {
			b := secret[:6]
			list = append(list, string(b), hex.EncodeToString(b), strings.ToUpper(hex.EncodeToString(b)),
				base64.StdEncoding.EncodeToString(b), base64.RawURLEncoding.EncodeToString(b),
				strings.Trim(fmt.Sprint(b), "[]"), strings.Trim(fmt.Sprintf("%#v", b), "[]byte{}"))
		}
	}
	return list
}
