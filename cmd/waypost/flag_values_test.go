package main

import (
	"testing"
	"time"

	"github.com/spf13/pflag"
)

func TestPublicURL(t *testing.T) {
	for text, good := range map[string]bool{
		"": true, "https://go.example.net": true, "http://127.0.0.1:8080/": true, "https://go.example.net/t": true,
		"go.example.net": false, "go.example.net:8080": false, "ftp://go.example.net": false, "https://": false,
		"https://go.example.net/?a=b": false, "https://go.example.net/#a": false, "https://go example": false,
	} {
		flags, got := pflag.NewFlagSet("", pflag.ContinueOnError), ""
		addPublicURL(flags, &got)
		err := flags.Set("public-url", text)
		if (err == nil) != good {
			t.Errorf("%q: %v", text, err)
		}
		if good && got != text {
			t.Errorf("%q is taken as %q", text, got)
		}
	}
}

func TestRetentionIsInWholeDays(t *testing.T) {
	for d, good := range map[time.Duration]bool{
		0: true, 24 * time.Hour: true, 720 * time.Hour: true, time.Hour: false, 36 * time.Hour: false, -24 * time.Hour: false,
	} {
		for _, f := range []booksFlags{{retain: d}, {retainPersonal: d}} {
			if err := f.check(); (err == nil) != good {
				t.Errorf("%+v: %v", f, err)
			}
		}
	}
}
