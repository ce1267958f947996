package publish

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/waypost/waypost/api/snapshot"
)

// errNothingPublished is returned while there is no manifest yet.
var errNothingPublished = errors.New("nothing is published")

// List returns the published manifest and the retained revisions, newest first.
// It reads with the caller's rights and does not check signatures.
func List(ctx context.Context, c client.Client, namespace string) (*snapshot.Manifest, History, error) {
	found, err := manifests{client: c, namespace: namespace}.read(ctx)
	switch {
	case err != nil:
		return nil, nil, err
	case found == nil:
		return nil, nil, fmt.Errorf("%w in namespace %s", errNothingPublished, namespace)
	case found.manifest == nil:
		return nil, nil, fmt.Errorf("manifest in namespace %s: %w", namespace, found.problem)
	}
	return found.manifest, decodeHistory(found.object.Data[HistoryKey], found.manifest), nil
}

// Rollback asks the operator to publish a retained revision again and to keep it
// until Release. It fails with ErrNotRetained for any other revision.
func Rollback(ctx context.Context, c client.Client, namespace string, to int64) error {
	_, history, err := List(ctx, c, namespace)
	if err != nil {
		return fmt.Errorf("rollback: %w", err)
	}
	if revisions := history.Revisions(); !slices.Contains(revisions, to) {
		return fmt.Errorf("rollback: %w: %d; there are %v", ErrNotRetained, to, revisions)
	}
	return annotate(ctx, c, namespace, AnnotationRollback, strconv.FormatInt(to, 10))
}

// Release asks the operator to follow the configuration again after a Rollback.
func Release(ctx context.Context, c client.Client, namespace string) error {
	return annotate(ctx, c, namespace, AnnotationRollback, nil)
}

// annotate sets an annotation of the manifest, or removes it where value is nil.
func annotate(ctx context.Context, c client.Client, namespace, name string, value any) error {
	patch, err := json.Marshal(map[string]any{"metadata": map[string]any{"annotations": map[string]any{name: value}}})
	if err != nil {
		return fmt.Errorf("annotate manifest: %w", err)
	}
	object := &corev1.ConfigMap{}
	object.Namespace, object.Name = namespace, snapshot.ManifestName
	err = c.Patch(ctx, object, client.RawPatch("application/merge-patch+json", patch))
	if apierrors.IsNotFound(err) {
		return fmt.Errorf("%w in namespace %s", errNothingPublished, namespace)
	}
	if err != nil {
		return fmt.Errorf("annotate manifest %s/%s: %w", namespace, snapshot.ManifestName, err)
	}
	return nil
}

// Requests are the annotations of the manifest that ask for something.
type Requests struct {
	// RollbackTo is the revision to pin, 0 for none.
	RollbackTo int64
	// Confirmed are the tokens of confirmed mass deletions.
	Confirmed []string
	// Held is the note of an operator about the networks that it holds.
	Held map[string]int
	// Problem is what could not be understood; the request is not followed.
	Problem error
}

// ReadRequests reads the annotations of a manifest. A nil object asks for nothing.
func ReadRequests(object *corev1.ConfigMap) Requests {
	if object == nil {
		return Requests{}
	}
	r := Requests{Confirmed: Tokens(object.Annotations)}
	if note := object.Annotations[AnnotationHeld]; note != "" {
		_ = json.Unmarshal([]byte(note), &r.Held) // a damaged note holds nothing
	}
	text, ok := object.Annotations[AnnotationRollback]
	if !ok {
		return r
	}
	to, err := strconv.ParseInt(text, 10, 64)
	if err != nil || to < 1 {
		r.Problem = fmt.Errorf("annotation %s: %.40q is no revision; write a number such as 812, or remove it", AnnotationRollback, text)
		return r
	}
	r.RollbackTo = to
	return r
}

// Tokens returns the confirmed mass deletions of a manifest's or Network's annotations.
func Tokens(annotations map[string]string) []string {
	return strings.FieldsFunc(annotations[AnnotationConfirm], func(r rune) bool { return r == ',' || r == ' ' })
}
