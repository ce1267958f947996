// Package server is the public port: clicks, impressions, postbacks and
// conversion pixels, in the native, Affise, TUNE and CAKE dialects.
//
// It answers from tracker/live's index alone, makes ids with tracker/token and
// writes what happened to tracker/journal; the ledger judges what depends on
// earlier events. A dialect is a row of the table in routes.go, never a handler.
// A click costs no heap allocation and waits for nothing; a postback is answered
// when it is durable.
package server
