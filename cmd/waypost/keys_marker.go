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

	"github.com/waypost/waypost/api/seal"
	"github.com/waypost/waypost/tracker/ledger"
)

// Beside the Secret with the sealing keys is a ConfigMap, which remembers that they were
// made. It is made after the Secret: an installation that was interrupted is no loss.
//
//	Secret  ConfigMap  waypost keys init
//	no      no         makes both
//	yes     no         makes the ConfigMap: the Secret came first, or from a copy
//	yes     yes        makes nothing
//	no      yes        refuses, unless the code of this loss is given
//
// A journal or a database cannot be asked in a cluster, as keyTrace does: the Job that
// runs init reaches neither. A copy of the ConfigMap reveals no key.

// markerKey holds the fingerprints of the keys that were made. Rotations do not change
// it: that there were keys is enough.
const markerKey = "fingerprints"

// init makes the keys and the marker where they are not there yet; not the keys where
// the marker is there alone, unless accepted is the code of that loss.
func (s *keySecret) init(ctx context.Context, accepted string) (*seal.Keyring, error) {
	marker, err := s.marker(ctx)
	if err != nil {
		return nil, err
	}
	ring, err := s.load(ctx)
	if errors.Is(err, fs.ErrNotExist) {
		ring, err = s.makeKeys(ctx, marker, accepted)
	}
	if err != nil || marker != nil {
		return ring, err
	}
	_, err = s.markers.Create(ctx, &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Name: s.markerName(), Labels: map[string]string{"app.kubernetes.io/part-of": "waypost"}},
		Data:       map[string]string{markerKey: strings.Join(ring.Fingerprints(), " ")},
	}, metav1.CreateOptions{})
	if err != nil {
		return nil, fmt.Errorf("making the ConfigMap %s: %w", s.markerName(), err)
	}
	return ring, nil
}

// makeKeys makes the Secret. A marker gets the new fingerprints before, so that the code
// that was accepted is that of no second loss: the code is a digest of the fingerprints
// and of the marker's UID. A run that is interrupted between both needs a new code.
func (s *keySecret) makeKeys(ctx context.Context, marker *corev1.ConfigMap, accepted string) (*seal.Keyring, error) {
	ring, err := seal.New(time.Now())
	if err != nil {
		return nil, err
	}
	if marker != nil {
		code := ledger.KeyCode(string(marker.UID), marker.Data[markerKey])
		if accepted != code {
			return nil, fmt.Errorf("the Secret %s with the sealing keys is gone, and the ConfigMap %s remembers it: restore the Secret from its copy, or run waypost keys init once with --new-keys %s%s",
				s.name, s.markerName(), code, newKeysMean)
		}
		marker.Data = map[string]string{markerKey: strings.Join(ring.Fingerprints(), " ")}
		if _, err := s.markers.Update(ctx, marker, metav1.UpdateOptions{}); err != nil {
			return nil, fmt.Errorf("changing the ConfigMap %s: %w", s.markerName(), err)
		}
	}
	return ring, s.save(ctx, ring)
}

// marker reads the ConfigMap, and returns nil where there is none. An error of another
// kind ends the command: without an answer, making keys could be a loss.
func (s *keySecret) marker(ctx context.Context) (*corev1.ConfigMap, error) {
	marker, err := s.markers.Get(ctx, s.markerName(), metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the ConfigMap %s: %w", s.markerName(), err)
	}
	return marker, nil
}

func (s *keySecret) markerName() string { return s.name + "-fingerprints" }
