package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestFollow prints each item once although the server ends the tail and begins the
// next one with the last item again; an item that has changed is printed again.
func TestFollow(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	item := func(id, second, status, updated string) string {
		return fmt.Sprintf("event: conversion\nid: %s\ndata: {\"id\":%q,\"time\":\"2026-11-20T12:00:%sZ\",\"status\":%q,\"updatedAt\":%q}\n\n", id, id, second, status, updated)
	}
	var asked []string
	ledger := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		asked = append(asked, r.URL.Path+" "+q.Get("follow")+" "+q.Get("offer")+" "+q.Get("from"))
		switch len(asked) {
		case 1:
			fmt.Fprint(w, ": following\n\n", item("a", "01", "pending", "1"), item("b", "02", "hold", "1"), ": still here\n\n")
		case 2:
			fmt.Fprint(w, item("b", "02", "hold", "1"), item("b", "02", "approved", "2"), item("c", "03", "approved", "1"))
		default:
			cancel()
		}
	}))
	defer ledger.Close()
	var out bytes.Buffer
	cmd := newConversionsCommand()
	cmd.SetArgs([]string{"list", "--follow", "--offer", "shoes", "--server", ledger.URL, "--token", "x"})
	cmd.SetOut(&out)
	if err := cmd.ExecuteContext(ctx); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, line := range strings.Split(strings.TrimSpace(out.String()), "\n") {
		got = append(got, strings.Join(strings.Fields(line)[:3], " "))
	}
	want := "ID TIME STATUS, a 2026-11-20T12:00:01Z pending, b 2026-11-20T12:00:02Z hold, b 2026-11-20T12:00:02Z approved, c 2026-11-20T12:00:03Z approved"
	if text := strings.Join(got, ", "); text != want {
		t.Errorf("printed\n%s\nwant\n%s", text, want)
	}
	if text := strings.Join(asked[:3], ", "); text != "/api/v1/conversions true shoes , /api/v1/conversions true shoes 2026-11-20T12:00:02Z, /api/v1/conversions true shoes 2026-11-20T12:00:03Z" {
		t.Errorf("asked %s", text)
	}
}

func TestFollowSaysWhatIsWrong(t *testing.T) {
	ledger := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprint(w, `{"reason":"forbidden","detail":"no"}`)
	}))
	defer ledger.Close()
	for _, args := range [][]string{{"list", "-f"}, {"list", "-f", "-o", "yaml"}} {
		cmd := newPostbacksCommand()
		cmd.SilenceUsage, cmd.SilenceErrors = true, true
		cmd.SetArgs(append(args, "--server", ledger.URL, "--token", "x"))
		if err := cmd.ExecuteContext(t.Context()); err == nil {
			t.Errorf("%v: no error", args)
		}
	}
}
