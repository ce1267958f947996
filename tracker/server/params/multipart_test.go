package params

import (
	"fmt"
	"strings"
	"testing"
)

func part(header, value string) string {
	return "--b\r\nContent-Disposition: form-data; " + header + "\r\n\r\n" + value + "\r\n"
}

func TestScanMultipart(t *testing.T) {
	many := strings.Repeat(part(`name="x"`, "1"), maxParts+1) + "--b--\r\n"
	for _, tc := range []struct {
		name, contentType, body string
		wantAmount, wantClick   string
		wantErr                 bool
	}{
		{"fields, the first of a name counts", "multipart/form-data; boundary=b",
			part(`name="amount"`, "12.50") + part(`name="amount"`, "1") + part(`name="tid"`, "abc") + "--b--\r\n", "12.50", "abc", false},
		{"a file does not count", "multipart/form-data; boundary=b",
			part(`name="amount"; filename="a.txt"`, "12.50") + part(`name="tid"`, "abc") + "--b--\r\n", "", "abc", false},
		{"nothing in it", "multipart/form-data; boundary=b", "--b--\r\n", "", "", false},
		{"no boundary", "multipart/form-data", "--b--\r\n", "", "", true},
		{"cut off", "multipart/form-data; boundary=b", part(`name="amount"`, "12.50"), "", "", true},
		{"not multipart at all", "multipart/form-data; boundary=b", "amount=12.50", "", "", true},
		{"too many", "multipart/form-data; boundary=b", many, "", "", true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var s Set
			err := s.ScanMultipart(Postbacks(), []byte(tc.contentType), []byte(tc.body))
			if (err != nil) != tc.wantErr {
				t.Fatalf("error %v, want one: %t", err, tc.wantErr)
			}
			if err != nil {
				return
			}
			if got, want := fmt.Sprintf("%s %s", s.Get(Amount), s.Get(ClickID)), tc.wantAmount+" "+tc.wantClick; got != want {
				t.Errorf("amount and click id %q, want %q", got, want)
			}
		})
	}
}
