// Package admin is the port that is not public: health, readiness, metrics and the
// acknowledgement of the loaded snapshot are open; the API, the console and the
// profiles of the process behind it ask for a bearer token.
//
// It contains nothing of what it serves: cmd/waypost hands it the readiness of
// tracker/live and the handlers of tracker/ledger.
//
// A request to the API passes these steps: its path and method give Attributes in
// Kubernetes' words, the Authorizer decides on token and Attributes, and the handler
// runs with the Caller in its context. There are two Authorizers. TokenFile compares
// with the one token of a file and permits everything; Kubernetes asks the API server
// for identity and right, and remembers the answer for ten seconds. Every error of an
// Authorizer refuses the request: 401, 403, or 503 where the token could not be checked.
// A change with the console's cookie must come from the console's own origin.
//
// A panic ends the request that caused it, never the process: probes of the same
// process are on this port.
package admin
