package compile

import (
	"slices"
	"strings"

	"github.com/waypost/waypost/api/seal"
	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/api/v1alpha1"
)

// maxKeys is how many keys one entry of a Secret may hold: enough for any
// rotation, and a bound on what a postback is compared with.
const maxKeys = 20

// keys reads the postback keys behind a reference, in the form in which a
// snapshot carries them: digests under the sealing keys, never the keys themselves. A
// Secret without a usable key is a missing reference, so the last good form goes on with
// the digests of before: a Secret that is removed by mistake lets no postback through
// without a key, and refuses none that has it.
func (b *builder) keys(at *path, ref *v1alpha1.SecretKeyRef) []snapshot.KeyDigest {
	if ref == nil {
		return nil
	}
	name, key := at.dot("name"), at.dot("key")
	b.name(name, ref.Name)
	b.required(key, ref.Key, maxName)
	data, exists := b.namespace.secrets[ref.Name]
	if !exists && b.namespace.compiler.options.AssumeSecrets {
		return nil
	}
	value, given := data[ref.Key]
	lines, problem := keyLines(value)
	switch {
	case !exists:
		b.miss(v1alpha1.ReasonSecretNotFound, name, "Secret %.64q does not exist: create it, or correct the name", ref.Name)
	case !given:
		b.miss(v1alpha1.ReasonSecretNotFound, key, "Secret %.64q has no entry %.64q: add it, or correct the key", ref.Name, ref.Key)
	case problem != "":
		b.miss(v1alpha1.ReasonSecretInvalid, key, "entry %.64q of Secret %.64q %s", ref.Key, ref.Name, problem)
	default:
		return digestsOf(b.namespace.compiler.options.Keys, lines)
	}
	return nil
}

// keyLines splits the entry of a Secret into keys, one a line. Two lines are how a key is
// rotated: both count until the old one is removed. problem completes a sentence.
func keyLines(value []byte) (lines []string, problem string) {
	for line := range strings.Lines(string(value)) {
		if line = strings.TrimSpace(line); line != "" && !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
		if len(lines) > maxKeys {
			return nil, "holds more than 20 keys: remove old ones"
		}
	}
	if len(lines) == 0 {
		return nil, "holds no key: write one key a line"
	}
	return lines, ""
}

// digestsOf returns the digests of keys. Without sealing keys, as in offline
// checks, there are none: such records are for comparing, not for serving.
func digestsOf(ring *seal.Keyring, keys []string) []snapshot.KeyDigest {
	if ring == nil {
		return nil
	}
	var digests []snapshot.KeyDigest
	for _, key := range keys {
		digests = append(digests, seal.DigestKey(ring, key)...)
	}
	return digests
}
