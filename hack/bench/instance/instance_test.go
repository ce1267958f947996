package instance

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestParseMetrics(t *testing.T) {
	got := parseMetrics("# HELP a b 1\na_total{event=\"click\",outcome=\"served\"} 42\nb 1.5e+06\nc NaN x\n\n")
	if len(got) != 2 || got[`a_total{event="click",outcome="served"}`] != 42 || got["b"] != 1.5e6 {
		t.Errorf("%v", got)
	}
}

func TestReportAddsUpCurrencies(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer secret" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		_, _ = w.Write([]byte(`{"rows":[{"clicks":9}],"totals":[{"currency":"EUR","clicks":2,"impressions":1},{"currency":"USD","clicks":3,"conversions":4}]}`))
	}))
	defer server.Close()
	dir := t.TempDir()
	i := &Instance{Admin: strings.TrimPrefix(server.URL, "http://"), data: dir}
	if _, err := i.Report(t.Context()); err == nil {
		t.Error("no token, no error")
	}
	for token, want := range map[string]Totals{"secret\n": {Clicks: 5, Impressions: 1, Conversions: 4}, "wrong": {}} {
		if err := os.WriteFile(filepath.Join(dir, "admin.token"), []byte(token), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := i.Report(t.Context())
		if got != want || (err != nil) != (token == "wrong") {
			t.Errorf("%q: %+v, %v", token, got, err)
		}
	}
}
