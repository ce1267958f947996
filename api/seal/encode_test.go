package seal

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
)

func TestEncodeRoundTrips(t *testing.T) {
	ring := mustRotate(t, mustNew(t, start), start)
	data, err := ring.Encode()
	if err != nil {
		t.Fatal(err)
	}
	again, err := Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	data2, err := again.Encode()
	if err != nil || !bytes.Equal(data, data2) {
		t.Errorf("a ring came back changed: %v", err)
	}
	for _, info := range ring.Keys() {
		a, _ := ring.Derived(info.ID, PurposeCookie)
		b, ok := again.Derived(info.ID, PurposeCookie)
		if !ok || a != b {
			t.Errorf("key %d came back changed", info.ID)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	secret := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{7}, SecretSize))
	one := fmt.Sprintf(`{"id":1,"notBefore":"2026-11-20T12:00:00Z","secret":%q}`, secret)
	for _, test := range []struct{ name, data string }{
		{"nothing", ``},
		{"no object", `[]`},
		{"no keys", `{"keys":[]}`},
		{"unknown field", `{"keys":[` + one + `],"more":1}`},
		{"something behind", `{"keys":[` + one + `]} {}`},
		{"id 0", `{"keys":[` + strings.Replace(one, `"id":1`, `"id":0`, 1) + `]}`},
		{"id 16", `{"keys":[` + strings.Replace(one, `"id":1`, `"id":16`, 1) + `]}`},
		{"id 256", `{"keys":[` + strings.Replace(one, `"id":1`, `"id":256`, 1) + `]}`},
		{"an id twice", `{"keys":[` + one + `,` + one + `]}`},
		{"short secret", `{"keys":[{"id":1,"notBefore":"2026-11-20T12:00:00Z","secret":"AAAA"}]}`},
		{"long secret", `{"keys":[` + strings.Replace(one, secret, secret[:43]+"AAAA", 1) + `]}`},
		{"no secret", `{"keys":[{"id":1,"notBefore":"2026-11-20T12:00:00Z"}]}`},
		{"no base64", `{"keys":[` + strings.Replace(one, secret, "!", 1) + `]}`},
		{"bad time", `{"keys":[` + strings.Replace(one, "2026-11", "2026-13", 1) + `]}`},
		{"too large", strings.Repeat(" ", maxFileSize) + `{"keys":[` + one + `]}`},
	} {
		ring, err := Parse([]byte(test.data))
		if err == nil {
			t.Errorf("%s: accepted as %s", test.name, ring)
			continue
		}
		if strings.Contains(err.Error(), secret[:8]) {
			t.Errorf("%s: the error shows a secret: %v", test.name, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	data, err := mustNew(f, start).Encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add([]byte(`{"keys":[{}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		ring, err := Parse(data)
		if err != nil {
			return
		}
		encoded, err := ring.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Parse(encoded); err != nil {
			t.Fatalf("an accepted ring is refused when it comes back: %v", err)
		}
	})
}
