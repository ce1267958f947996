package main

import (
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/spf13/pflag"
)

// addPublicURL adds --public-url, which stands before links that belong to no tracking
// domain: in statuses (operator, serve) and on the terminal (links).
func addPublicURL(flags *pflag.FlagSet, target *string) {
	flags.Var((*originValue)(target), "public-url",
		"beginning of links of networks without tracking domains, such as https://go.example.net; default a bare path")
}

// originValue is a flag that holds the beginning of links. Without a scheme they would
// lead nowhere, which would be noticed only after they are published.
type originValue string

func (v *originValue) String() string { return string(*v) }

func (v *originValue) Type() string { return "string" }

// Set implements pflag.Value. It takes an absolute http or https URL with a host. A path
// may follow; a query or fragment may not, because links go on with path and query.
func (v *originValue) Set(text string) error {
	u, err := url.Parse(text)
	if text != "" && (err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.Fragment != "") {
		return errors.New("write scheme and host, such as https://go.example.net")
	}
	*v = originValue(text)
	return nil
}

// checkDays refuses a retention that is not of whole days: what is kept is kept by
// day, and the rest of one would silently not count.
func checkDays(flag string, d time.Duration) error {
	if d < 0 || d%(24*time.Hour) != 0 {
		return fmt.Errorf("--%s %s: give whole days, such as 720h, or 0", flag, d)
	}
	return nil
}
