// Package admin is the port that is not public: health, readiness, metrics and
// the acknowledgement of the loaded snapshot are open; the API, the console and
// the profiles of the process behind it ask for a bearer token.
//
// It knows nothing of what it serves: cmd/waypost hands it the readiness of
// tracker/live and the handlers of tracker/ledger.
package admin
