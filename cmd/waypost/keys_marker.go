package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/waypost/waypost/api/seal"
	"github.com/waypost/waypost/controllers/fingerprints"
)

// Beside the Secret with the sealing keys is a ConfigMap, which remembers which there
// were; the operator keeps it current. It is made after the Secret: an installation that
// was interrupted is no loss.
//
//	Secret  ConfigMap  waypost keys init
//	no      no         makes both
//	yes     no         makes the ConfigMap: the Secret came first, or from a copy
//	yes     yes        makes nothing; refuses where the newest key in use is missing
//	no      yes        refuses, unless the code of this loss is given
//
// A journal or a database cannot be asked in a cluster, as keyTrace does: the Job that
// runs init reaches neither. A copy of the ConfigMap reveals no key.

// init makes the keys and the marker where they are not there yet. Keys that the marker
// remembers, all or the newest in use, are given up only where accepted is the code of
// that loss.
func (s *keySecret) init(ctx context.Context, accepted string) (*seal.Keyring, error) {
	marker, err := s.marker(ctx)
	if err != nil {
		return nil, err
	}
	ring, err := s.load(ctx)
	loss := (*fingerprints.Loss)(nil)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return s.makeKeys(ctx, marker, accepted)
	case errors.As(err, &loss) && loss.Code == accepted:
		return ring, s.remember(ctx, marker, ring)
	case err != nil || marker != nil:
		return ring, err
	}
	return ring, s.remember(ctx, nil, ring)
}

// makeKeys makes the Secret. A marker gets the new fingerprints before, so that the code
// that was accepted is that of no second loss: the code is a digest of the fingerprints
// and of the marker's UID. A run that is interrupted between both needs a new code.
func (s *keySecret) makeKeys(ctx context.Context, marker *corev1.ConfigMap, accepted string) (*seal.Keyring, error) {
	ring, err := seal.New(time.Now())
	if err != nil {
		return nil, err
	}
	if marker == nil {
		if err := s.save(ctx, ring); err != nil {
			return nil, err
		}
		return ring, s.remember(ctx, nil, ring)
	}
	if loss := fingerprints.Gone(marker); loss.Code != accepted {
		return nil, loss
	}
	if err := s.remember(ctx, marker, ring); err != nil {
		return nil, err
	}
	return ring, s.save(ctx, ring)
}

// remember writes the fingerprints into the marker, or makes it.
func (s *keySecret) remember(ctx context.Context, marker *corev1.ConfigMap, ring *seal.Keyring) error {
	if marker != nil {
		marker.Data = fingerprints.Entries(ring)
		if _, err := s.markers.Update(ctx, marker, metav1.UpdateOptions{}); err != nil {
			return fmt.Errorf("changing the ConfigMap %s: %w", marker.Name, err)
		}
		return nil
	}
	name := fingerprints.Name(s.name)
	_, err := s.markers.Create(ctx, &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{"app.kubernetes.io/part-of": "waypost"}},
		Data:       fingerprints.Entries(ring),
	}, metav1.CreateOptions{})
	if err != nil {
		return fmt.Errorf("making the ConfigMap %s: %w", name, err)
	}
	return nil
}

// marker reads the ConfigMap, and returns nil where there is none. An error of another
// kind ends the command: without an answer, making keys could be a loss.
func (s *keySecret) marker(ctx context.Context) (*corev1.ConfigMap, error) {
	name := fingerprints.Name(s.name)
	marker, err := s.markers.Get(ctx, name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the ConfigMap %s, with which the keys are compared: %w", name, err)
	}
	return marker, nil
}
