package main

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/waypost/waypost/api/snapshot"
)

// initSigning makes the pair in two Secrets: NAME-signing for the operator alone, and
// NAME-verify for every process that loads snapshots. Where only the first exists, from
// a run that was interrupted, the second is derived from it. So the right to create
// Secrets and to read these two is enough; none to change Secrets is needed.
func (s *keySecret) initSigning(ctx context.Context) error {
	key, err := s.signingKey(ctx)
	if err != nil {
		return err
	}
	public, ok := key.Public().(ed25519.PublicKey)
	if !ok {
		return errors.New("the signing key is no Ed25519 key")
	}
	encoded, err := snapshot.EncodePublicKey(public)
	if err != nil {
		return err
	}
	return s.createUnlessThere(ctx, s.name+"-verify", verifyKeysFile, encoded)
}

// signingKey reads the private half, or makes it.
func (s *keySecret) signingKey(ctx context.Context) (ed25519.PrivateKey, error) {
	name := s.name + "-signing"
	secret, err := s.client.Get(ctx, name, metav1.GetOptions{})
	if err == nil {
		key, err := snapshot.ParsePrivateKey(secret.Data[signingKeyFile])
		if err != nil {
			return nil, fmt.Errorf("the Secret %s: %w; restore it from its copy, or delete it and %s-verify and run waypost keys init --signing: "+
				"operator and trackers then begin with another pair (restart the operator)", name, err, s.name)
		}
		return key, nil
	}
	if !apierrors.IsNotFound(err) {
		return nil, fmt.Errorf("reading the Secret with the signing key: %w", err)
	}
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("making a signing key: %w", err)
	}
	encoded, err := snapshot.EncodePrivateKey(key)
	if err != nil {
		return nil, err
	}
	return key, s.create(ctx, name, signingKeyFile, encoded)
}

// createUnlessThere makes a Secret that is not there yet. One that is there stays as it
// is: further keys may have been added to it.
func (s *keySecret) createUnlessThere(ctx context.Context, name, file string, data []byte) error {
	_, err := s.client.Get(ctx, name, metav1.GetOptions{})
	if err == nil {
		return nil
	}
	if !apierrors.IsNotFound(err) {
		return fmt.Errorf("reading the Secret %s: %w", name, err)
	}
	return s.create(ctx, name, file, data)
}

// create makes a Secret. That it exists by now is an error: another run made other keys
// at the same time, and the next one finds them.
func (s *keySecret) create(ctx context.Context, name, file string, data []byte) error {
	_, err := s.client.Create(ctx, &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{"app.kubernetes.io/part-of": "waypost"}},
		Data:       map[string][]byte{file: data},
	}, metav1.CreateOptions{})
	if err != nil {
		return fmt.Errorf("making the Secret %s: %w", name, err)
	}
	return nil
}
