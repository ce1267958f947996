package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/spf13/pflag"
)

// noTwin marks flags without an environment twin.
const noTwin = "no-twin"

// withoutTwins takes the environment twins of flags away. What one command selects,
// decides or destroys stands on its command line: a variable that was left behind by
// something else must not widen it.
func withoutTwins(flags *pflag.FlagSet, names ...string) {
	for _, name := range names {
		flags.Lookup(name).Annotations = map[string][]string{noTwin: nil}
	}
}

// flagsFromEnvironment sets every flag that the command line does not give from
// its environment twin: --admin is WAYPOST_ADMIN, --journal-url WAYPOST_JOURNAL_URL.
func flagsFromEnvironment(flags *pflag.FlagSet) error {
	var failed error
	flags.VisitAll(func(f *pflag.Flag) {
		value, ok := os.LookupEnv(environmentTwin(f.Name))
		if _, without := f.Annotations[noTwin]; without || !ok || f.Changed || failed != nil {
			return
		}
		if err := flags.Set(f.Name, value); err != nil {
			failed = fmt.Errorf("reading %s from the environment: %w", environmentTwin(f.Name), err)
		}
	})
	return failed
}

// environmentTwin returns the variable of a flag. It does not depend on the command, so
// one environment serves all commands that have the flag.
func environmentTwin(flag string) string {
	return "WAYPOST_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}
