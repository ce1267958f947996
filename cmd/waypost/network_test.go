package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"testing"

	"github.com/spf13/cobra"
)

// TestNetworkOfDecisions: who has a right in one network alone must be able to say so,
// with reading and with deciding.
func TestNetworkOfDecisions(t *testing.T) {
	for _, tc := range []struct {
		name    string
		command *cobra.Command
		args    []string
		want    []string
	}{
		{"approve by id", newConversionsCommand(), []string{"approve", "c1", "c2"}, []string{
			"POST /api/v1/conversions/c1/approve shop", "POST /api/v1/conversions/c2/approve shop",
		}},
		{"reject all", newConversionsCommand(), []string{"reject", "--all", "--offer", "shoes", "--yes"}, []string{
			"GET /api/v1/conversions shop", "POST /api/v1/conversions/c9/reject shop",
		}},
		{"retry", newDeliveriesCommand(), []string{"retry", "d1"}, []string{"POST /api/v1/deliveries/d1/retry shop"}},
		{"list deliveries", newDeliveriesCommand(), []string{"list"}, []string{"GET /api/v1/deliveries shop"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var got []string
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				got = append(got, r.Method+" "+r.URL.Path+" "+r.URL.Query().Get("network"))
				_, _ = io.WriteString(w, `{"id":"c9","status":"approved","items":[{"id":"c9"}],"next":""}`)
			}))
			defer server.Close()
			tc.command.SetArgs(append(tc.args, "--network", "shop", "--server", server.URL, "--token", "secret"))
			tc.command.SetOut(io.Discard)
			if err := tc.command.ExecuteContext(t.Context()); err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, tc.want) {
				t.Errorf("called %q, want %q", got, tc.want)
			}
		})
	}
}
