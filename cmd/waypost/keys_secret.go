package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	clientcorev1 "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/util/retry"

	"github.com/waypost/waypost/api/seal"
	"github.com/waypost/waypost/controllers/fingerprints"
)

// keySecret keeps the ring in a Secret, under the file name that a mount shows. It needs
// the rights to get and create Secrets of that namespace, to update them for rotate and
// retire, to get and create the ConfigMap beside, and to update it after an accepted loss.
type keySecret struct {
	client  clientcorev1.SecretInterface
	markers clientcorev1.ConfigMapInterface
	name    string
	seen    *corev1.Secret // as loaded, so that two rotations at once conflict
}

// openKeySecret returns the store of a Secret, given as namespace/name, in the cluster
// of a kubeconfig. Nothing is requested yet.
func openKeySecret(kubeconfig, secret string) (*keySecret, error) {
	namespace, name, ok := strings.Cut(secret, "/")
	if !ok {
		return nil, errors.New("--secret: write it as namespace/name")
	}
	config, err := restConfig(kubeconfig)
	if err != nil {
		return nil, err
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("connecting to the cluster: %w", err)
	}
	return &keySecret{client: client.CoreV1().Secrets(namespace), markers: client.CoreV1().ConfigMaps(namespace), name: name}, nil
}

// alone runs the command again from what is there, where another one has changed or made
// the Secret since it was loaded.
func (s *keySecret) alone(_ context.Context, command func() error) error {
	return retry.OnError(retry.DefaultBackoff, func(err error) bool {
		return apierrors.IsConflict(err) || apierrors.IsAlreadyExists(err)
	}, command)
}

// load reads the ring and remembers the Secret with its resource version, under which
// save replaces it.
func (s *keySecret) load(ctx context.Context) (*seal.Keyring, error) {
	secret, err := s.client.Get(ctx, s.name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return nil, fmt.Errorf("secret %s does not exist (waypost keys init makes it): %w", s.name, fs.ErrNotExist)
	}
	if err != nil {
		return nil, fmt.Errorf("reading the Secret with the sealing keys: %w", err)
	}
	s.seen = secret
	marker, err := s.marker(ctx)
	if err != nil {
		return nil, err
	}
	ring, err := parseSecret(secret)
	switch {
	case err != nil && marker == nil:
		return nil, fmt.Errorf("%w; restore the Secret from its copy, or, if nothing was ever made with it, delete it and run waypost keys init", err)
	case err != nil:
		return nil, fmt.Errorf("%w; restore the Secret from its copy, or delete it and run waypost keys init: then others are made only with the code of that loss", err)
	case marker == nil:
		return ring, nil
	}
	if loss := fingerprints.Compare(marker, ring, time.Now()); loss != nil {
		return ring, loss
	}
	return ring, nil
}

// parseSecret names the Secret, and the entry that it lacks.
func parseSecret(secret *corev1.Secret) (*seal.Keyring, error) {
	data, found := secret.Data[seal.FileName]
	if !found {
		return nil, fmt.Errorf("the Secret %s holds no %s", secret.Name, seal.FileName)
	}
	ring, err := seal.Parse(data)
	if err != nil {
		return nil, fmt.Errorf("the Secret %s, %s: %w", secret.Name, seal.FileName, err)
	}
	return ring, nil
}

// save makes the Secret, or updates it as it was loaded. A change by others in between
// is a conflict, or AlreadyExists, for which alone runs the command again. Other keys of
// the Secret, such as an admin token, stay.
func (s *keySecret) save(ctx context.Context, ring *seal.Keyring) error {
	data, err := ring.Encode()
	if err != nil {
		return err
	}
	if s.seen == nil {
		_, err = s.client.Create(ctx, &corev1.Secret{
			ObjectMeta: metav1.ObjectMeta{Name: s.name},
			Data:       map[string][]byte{seal.FileName: data},
		}, metav1.CreateOptions{})
	} else {
		secret := s.seen.DeepCopy()
		secret.Data[seal.FileName] = data
		_, err = s.client.Update(ctx, secret, metav1.UpdateOptions{})
	}
	if err != nil {
		return fmt.Errorf("writing the Secret with the sealing keys: %w", err)
	}
	return nil
}

// keep copies the Secret as it was loaded to another one, named by the time in small
// letters, as names of objects must be (RFC 1123).
func (s *keySecret) keep(ctx context.Context, now time.Time) (string, error) {
	name := s.name + "-" + strings.ToLower(now.UTC().Format("20060102t150405.000000000z"))
	_, err := s.client.Create(ctx, &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Data:       map[string][]byte{seal.FileName: s.seen.Data[seal.FileName]},
	}, metav1.CreateOptions{})
	if err != nil {
		return "", fmt.Errorf("keeping a copy of the Secret with the sealing keys: %w", err)
	}
	return "the Secret " + name, nil
}
