package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/spf13/pflag"
)

// flagsFromEnvironment sets every flag that the command line does not give from
// its environment twin: --admin is WAYPOST_ADMIN, --journal-url WAYPOST_JOURNAL_URL.
func flagsFromEnvironment(flags *pflag.FlagSet) error {
	var failed error
	flags.VisitAll(func(f *pflag.Flag) {
		value, ok := os.LookupEnv(environmentTwin(f.Name))
		if !ok || f.Changed || failed != nil {
			return
		}
		if err := flags.Set(f.Name, value); err != nil {
			failed = fmt.Errorf("reading %s from the environment: %w", environmentTwin(f.Name), err)
		}
	})
	return failed
}

func environmentTwin(flag string) string {
	return "WAYPOST_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}
