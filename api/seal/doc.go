// Package seal keeps the installation's sealing keys and everything that is
// sealed with them outside tracker/clickid: the digests of postback keys that a
// snapshot carries, and the encrypted parameter of pixel and click links.
//
// One Secret (or a file of `waypost serve`) holds the keys; operator, trackers
// and ledger mount it and derive a key per purpose by HKDF-SHA256. No key is ever
// printed: only Keyring.Encode gives the secrets away.
//
// # The ring
//
// A Keyring has 1 to 15 keys of 32 random bytes, each with an id, which whatever is made
// with it carries, and the moment from which on it is used. Rotate adds a key that begins
// ten minutes later, when every mount has it; until then the former one seals, and ever
// after it still opens. Retire drops keys that have sealed nothing for longer than the
// longest look-back. A ring never changes: SetKeyring of its users takes another one.
//
// # What is made with it
//
//   - Ids of clicks and impressions: a MAC (tracker/clickid, docs/click-id.md).
//   - Digests of postback keys: HMAC-SHA256 under every key of the ring, so that operator
//     and tracker need not have the same newest key. A presented key is compared with all
//     of them in constant time.
//   - Sealed links: AES-256-GCM with a nonce that is a MAC of the content, so that equal
//     links look equal and no nonce serves two contents.
//   - Fingerprints, by which the ledger recognises the keys that its books were made with.
//
// A key for one of them reveals none of the others (RFC 5869).
package seal
