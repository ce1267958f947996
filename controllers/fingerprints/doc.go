// Package fingerprints notices that the Secret with the sealing keys became an older copy
// of itself, or another's.
//
// Beside the Secret is a ConfigMap with the fingerprints of its keys. Marker compares the
// two, for the commands that work on the Secret. Watch does so in the operator, again and
// again, with the keys that are mounted, and keeps the ConfigMap current: it is there in
// every installation of a cluster, whether the ledger compares the keys with its books or
// has none of them mounted. The comparison itself is seal.Lost.
package fingerprints
