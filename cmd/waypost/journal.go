package main

import (
	"github.com/go-logr/logr"
	"github.com/nats-io/nats.go"
	"github.com/spf13/pflag"

	"github.com/waypost/waypost/tracker/journal"
)

// journalFlags hold how to reach and make the journal on NATS servers of their own.
type journalFlags struct {
	credentials string
	ca          string
	// replicas and maxBytes are used by the part that makes the journal, whichever is
	// first. A journal that is there keeps what it was made with.
	replicas int
	maxBytes int64
}

func (f *journalFlags) addFlags(flags *pflag.FlagSet) {
	flags.StringVar(&f.credentials, "journal-credentials", "", "NATS credentials file")
	flags.StringVar(&f.ca, "journal-ca", "", "PEM file with the authority of the NATS servers' certificates")
	flags.IntVar(&f.replicas, "journal-replicas", 0, "replicas of the journal when it is made; 0 is 3 where there are three servers, else 1")
	flags.Int64Var(&f.maxBytes, "journal-max-bytes", 0, "size at which the journal refuses new entries (postbacks get 503); 0 is the servers' limit")
}

// connect returns a connection to the journal on the servers of url, several joined by
// commas. name shows in the list of connections of those servers.
func (f *journalFlags) connect(url, name string, log logr.Logger) (*journal.Conn, error) {
	var options []nats.Option
	if f.credentials != "" {
		options = append(options, nats.UserCredentials(f.credentials))
	}
	if f.ca != "" {
		options = append(options, nats.RootCAs(f.ca))
	}
	return journal.Connect(url, journal.ConnectOptions{
		Name: "waypost " + name, NATS: options, Log: log.WithName("journal"),
		Stream: journal.StreamOptions{Replicas: f.replicas, MaxBytes: f.maxBytes},
	})
}
