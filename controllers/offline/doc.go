// Package offline reads manifests from files and says of them what the API server
// and the operator would say: schema, defaults and CEL rules of the embedded custom
// resource definitions, then controllers/compile.
//
// It is the engine of "waypost validate" and "waypost plan", and the loader behind
// "waypost serve", for which it keeps the last good form of every file.
package offline
