// Package seal keeps the installation's sealing keys and everything that is
// sealed with them outside tracker/clickid: the digests of postback keys that a
// snapshot carries, and the encrypted parameter of pixel and click links.
//
// One Secret (or a file of `waypost serve`) holds the keys; operator, trackers
// and ledger mount it and derive a key per purpose by HKDF-SHA256. No key is ever
// printed: only Keyring.Encode gives the secrets away.
package seal
