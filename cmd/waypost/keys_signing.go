package main

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/waypost/waypost/api/snapshot"
)

// The operator signs manifests with the first file; trackers mount the second alone. It
// may hold several public keys, one after the other, all of which are trusted: so a pair
// is replaced without a moment in which trackers refuse (docs/operate.md).
const (
	signingKeyFile = "signing-key.pem"
	verifyKeysFile = "verify-keys.pem"
)

// initSigning makes the pair in two files, where there is none. The private half is
// readable for its owner alone, the public half for everything that mounts the directory.
func (d keyDir) initSigning(context.Context) error {
	dir := string(d)
	path := filepath.Join(dir, signingKeyFile)
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return fmt.Errorf("making a signing key: %w", err)
	}
	privatePEM, err := snapshot.EncodePrivateKey(private)
	if err != nil {
		return err
	}
	publicPEM, err := snapshot.EncodePublicKey(public)
	if err != nil {
		return err
	}
	// The public half first: a signing key without it would lock trackers out. What they
	// trust already, they go on trusting.
	trusted, err := os.ReadFile(filepath.Join(dir, verifyKeysFile))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("reading the verification keys: %w", err)
	}
	if err := os.WriteFile(filepath.Join(dir, verifyKeysFile), append(trusted, publicPEM...), 0o644); err != nil {
		return fmt.Errorf("writing the verification key: %w", err)
	}
	if err := os.WriteFile(path, privatePEM, 0o600); err != nil {
		return fmt.Errorf("writing the signing key: %w", err)
	}
	return nil
}
