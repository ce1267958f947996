package main

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"testing"
)

// TestListOfNothing: a program that reads -o json gets an empty array, not null.
func TestListOfNothing(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"items":[],"next":""}`)) // the client says what is wrong
	}))
	defer server.Close()
	for _, command := range [][]string{{"conversions", "list"}, {"deliveries", "list"}} {
		cmd, out := newRoot(), &bytes.Buffer{}
		cmd.SetOut(out)
		cmd.SetArgs(append(command, "-o", "json", "--server", server.URL, "--token", "t"))
		if err := cmd.ExecuteContext(t.Context()); err != nil {
			t.Fatal(err)
		}
		if out.String() != "[]\n" {
			t.Errorf("%v prints %q", command, out)
		}
	}
}
