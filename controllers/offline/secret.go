package offline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
	kjson "sigs.k8s.io/json"
)

// admitSecret returns what the API server would keep of a Secret manifest (data
// decoded, stringData over it), or why it would refuse it. Findings never quote a
// value.
func admitSecret(ctx context.Context, m *manifest) (map[string][]byte, []Finding) {
	secret, findings := decodeSecret(m)
	if len(findings) > 0 {
		return nil, findings
	}
	for _, key := range m.twice {
		findings = append(findings, m.finding(ReasonRefused, key.path, "the key stands twice: take one out"))
	}
	errs := validateMetadata(ctx, m.namespace, m.content)
	data := maps.Clone(secret.Data)
	if data == nil {
		data = map[string][]byte{}
	}
	for key, value := range secret.StringData {
		data[key] = []byte(value)
	}
	for key := range data {
		for _, problem := range validation.IsConfigMapKey(key) {
			errs = append(errs, field.Invalid(field.NewPath("data").Key(key), key, problem))
		}
	}
	for _, e := range errs {
		findings = append(findings, m.finding(ReasonRefused, e.Field, e.ErrorBody()))
	}
	return data, findings
}

// decodeSecret reads the manifest strictly: an unknown or doubled field is a finding, as
// it is with kubectl's strict validation.
func decodeSecret(m *manifest) (*corev1.Secret, []Finding) {
	raw, err := json.Marshal(m.content)
	if err != nil {
		return nil, []Finding{m.finding(ReasonRefused, "", err.Error())}
	}
	secret := &corev1.Secret{}
	strict, err := kjson.UnmarshalStrict(raw, secret)
	var findings []Finding
	for _, problem := range strict {
		path := ""
		if in := kjson.FieldError(nil); errors.As(problem, &in) {
			path = in.FieldPath()
		}
		findings = append(findings, m.finding(ReasonRefused, path, problem.Error()+": take it out or correct its name"))
	}
	if err != nil {
		findings = append(findings, m.secretFinding(err))
	}
	return secret, findings
}

// secretFinding reports where a value of the wrong form stands, without showing it.
func (m *manifest) secretFinding(err error) Finding {
	if mistyped := (*json.UnmarshalTypeError)(nil); errors.As(err, &mistyped) {
		return m.finding(ReasonRefused, mistyped.Field, fmt.Sprintf("is a %s, but must be a string: put it in quotes", mistyped.Value))
	}
	data, _ := m.content["data"].(map[string]any) // absent is empty
	for key, value := range data {
		if text, ok := value.(string); ok && !isBase64(text) {
			return m.finding(ReasonRefused, "data."+key, "must be base64; stringData takes it in clear")
		}
	}
	return m.finding(ReasonRefused, "", "cannot be read: "+strings.TrimPrefix(err.Error(), "json: "))
}

// isBase64 reports whether a value of data can be decoded.
func isBase64(text string) bool {
	var decoded []byte
	quoted, err := json.Marshal(text)
	return err == nil && json.Unmarshal(quoted, &decoded) == nil
}
