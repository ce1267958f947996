package snapshot

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
)

const digestPrefix = "sha256:"

// digestOf returns the digest of content as "sha256:" and 64 hex digits.
func digestOf(content []byte) string {
	sum := sha256.Sum256(content)
	return digestPrefix + hex.EncodeToString(sum[:])
}

// parseDigest returns the 32 bytes behind a digest in its one accepted spelling.
func parseDigest(digest string) ([]byte, error) {
	digits, ok := strings.CutPrefix(digest, digestPrefix)
	if !ok || len(digits) != 2*sha256.Size || strings.ToLower(digits) != digits {
		return nil, fmt.Errorf("digest %.80q is not sha256: and 64 lower-case hex digits", digest)
	}
	sum, err := hex.DecodeString(digits)
	if err != nil {
		return nil, fmt.Errorf("digest %.80q: %w", digest, err)
	}
	return sum, nil
}
