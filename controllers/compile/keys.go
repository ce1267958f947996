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
// snapshot carries them. required is true whenever there is a reference: without
// digests no postback passes.
func (b *builder) keys(at *path, ref *v1alpha1.SecretKeyRef) (required bool, digests []snapshot.KeyDigest) {
	if ref == nil {
		return false, nil
	}
	nameAt, keyAt := at.dot("name"), at.dot("key")
	b.name(&nameAt, ref.Name)
	b.required(&keyAt, ref.Key, maxName)
	data, ok := b.namespace.secrets[ref.Name]
	if !ok && b.namespace.compiler.options.AssumeSecrets {
		return true, nil
	}
	if !ok {
		b.miss(newProblem(v1alpha1.ReasonSecretNotFound, &nameAt, "Secret %.64q does not exist: create it, or correct the name", ref.Name))
		return true, nil
	}
	value, ok := data[ref.Key]
	if !ok {
		b.miss(newProblem(v1alpha1.ReasonSecretNotFound, &keyAt, "Secret %.64q has no entry %.64q: add it, or correct the key", ref.Name, ref.Key))
		return true, nil
	}
	lines, problem := keyLines(value)
	if problem != "" {
		b.miss(newProblem(v1alpha1.ReasonSecretInvalid, &keyAt, "entry %.64q of Secret %.64q %s", ref.Key, ref.Name, problem))
		return true, nil
	}
	return true, digestsOf(b.namespace.compiler.options.Keys, lines)
}

// keyLines splits the entry of a Secret into keys, one a line.
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
