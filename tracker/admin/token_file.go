package admin

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
)

// TokenFile authorizes the holder of the one token of a file; it is what serve uses. It
// is safe for concurrent use.
type TokenFile struct {
	digest [sha256.Size]byte
}

// OpenTokenFile reads the token at path and makes it, readable by its owner
// alone, when there is none.
func OpenTokenFile(path string) (*TokenFile, error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		data, err = makeToken(path)
	}
	if err != nil {
		return nil, fmt.Errorf("reading the admin token (delete the file to get a new one): %w", err)
	}
	token := strings.TrimSpace(string(data))
	if len(token) < 20 {
		return nil, fmt.Errorf("the admin token in %s is too short to be safe: delete the file to get a new one", path)
	}
	return &TokenFile{digest: sha256.Sum256([]byte(token))}, nil
}

func makeToken(path string) ([]byte, error) {
	raw := make([]byte, 32)
	if _, err := rand.Read(raw); err != nil {
		return nil, fmt.Errorf("drawing a token: %w", err)
	}
	token := append(base64.RawURLEncoding.AppendEncode(nil, raw), '\n')
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	_, err = f.Write(token)
	return token, errors.Join(err, f.Close())
}

// Authorize lets the token's holder do everything.
func (t *TokenFile) Authorize(_ context.Context, token string, _ Attributes) (Caller, error) {
	digest := sha256.Sum256([]byte(token))
	if subtle.ConstantTimeCompare(digest[:], t.digest[:]) != 1 {
		return Caller{}, ErrUnauthenticated
	}
	return Caller{Name: "admin"}, nil
}
