package live

import (
	"crypto/ed25519"
	"fmt"
	"os"

	"github.com/waypost/waypost/api/snapshot"
)

// Trust checks that a manifest comes from the operator. It fails with
// snapshot.ErrSignature if it does not.
type Trust func(m *snapshot.Manifest) error

// TrustKeys accepts manifests that one of the keys signed.
func TrustKeys(keys ...ed25519.PublicKey) Trust {
	return func(m *snapshot.Manifest) error { return m.Verify(keys) }
}

// TrustFile accepts manifests that one of the keys in a PEM file signed (see
// snapshot.ParsePublicKeys). The file is read for each manifest, so that a mounted list
// of keys can change while the tracker runs. A file that cannot be read or has no key
// makes it fail with snapshot.ErrSignature: a manifest is never accepted for want of
// keys.
func TrustFile(path string) Trust {
	return func(m *snapshot.Manifest) error {
		data, err := os.ReadFile(path)
		if err != nil {
			return fmt.Errorf("%w: read the trusted keys: %w", snapshot.ErrSignature, err)
		}
		keys, err := snapshot.ParsePublicKeys(data)
		if err != nil {
			return fmt.Errorf("%w: %s: %w", snapshot.ErrSignature, path, err)
		}
		return m.Verify(keys)
	}
}

// TrustAll accepts every manifest: for a process that made them itself.
func TrustAll(*snapshot.Manifest) error { return nil }
