package offline

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unique"

	"sigs.k8s.io/yaml"
)

// manifest is one object as a file has it.
type manifest struct {
	file string
	line int // of its first line
	header
	// content is the object as the API server would get it; nil once it was admitted.
	content map[string]any
	outline outline
	// twice are the keys that stand twice in their mapping.
	twice []place
}

// header is what names an object.
type header struct{ apiVersion, kind, namespace, name string }

// headerOf reads it. Without a namespace it is default, as kubectl without a context
// has it.
func headerOf(content map[string]any) header {
	metadata, _ := content["metadata"].(map[string]any) // absent is empty
	return header{
		apiVersion: common(text(content, "apiVersion")), kind: common(text(content, "kind")),
		namespace: common(cmp.Or(text(metadata, "namespace"), "default")), name: text(metadata, "name"),
	}
}

// common is a text that many objects have, once in memory.
func common(text string) string { return unique.Make(text).Value() }

func text(object map[string]any, field string) string {
	s, _ := object[field].(string) // absent, or refused by the schema
	return s
}

// object names the manifest in findings.
func (m *manifest) object() string {
	name := m.kind + "/" + m.name
	if m.namespace != "default" {
		return m.namespace + "/" + name
	}
	return name
}

func (m *manifest) finding(reason, field, message string) Finding {
	return Finding{
		File: m.file, Line: m.lineOf(field), Severity: Error, Object: m.object(),
		Reason: reason, Field: field, Message: message,
	}
}

// parse splits a file into its objects. Documents that hold nothing are passed over.
func parse(file string, data []byte) ([]*manifest, []Finding) {
	var manifests []*manifest
	var findings []Finding
	for _, d := range documents(data) {
		read, err := d.manifests(file)
		if err != nil {
			findings = append(findings, Finding{
				File: file, Line: d.line + errorLine(err) - 1, Severity: Error, Reason: ReasonUnreadable,
				Message: "cannot be read: " + plainError(err),
			})
			continue
		}
		manifests = append(manifests, read...)
	}
	return manifests, findings
}

func (d document) manifests(file string) ([]*manifest, error) {
	node, err := d.node()
	if err != nil {
		return nil, err
	}
	asJSON, err := yaml.YAMLToJSON(d.data) // as kubectl does
	if err != nil {
		return nil, err
	}
	content, err := decode(asJSON)
	if err != nil || content == nil {
		return nil, err
	}
	m := &manifest{
		file: file, line: d.line + max(node.Line, 1) - 1, header: headerOf(content), content: content,
		outline: outlineOf(node, d.line-1), twice: twice(node, d.line-1, ""),
	}
	if m.isList() {
		return m.items()
	}
	return []*manifest{m}, nil
}

// isList reports whether a manifest is a list of others, of no kind (List) or of one
// (OfferList), which kubectl takes apart.
func (m *manifest) isList() bool {
	_, ok := m.content["items"].([]any)
	return strings.HasSuffix(m.kind, "List") && (ok || m.kind == "List" && m.apiVersion == "v1")
}

// decode reads JSON as the API server does: whole numbers stay int64.
func decode(data []byte) (map[string]any, error) {
	var content any
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	if err := d.Decode(&content); err != nil {
		return nil, err
	}
	switch object := numbers(content).(type) {
	case nil:
		return nil, nil
	case map[string]any:
		return object, nil
	}
	return nil, errors.New("a manifest is an object with apiVersion, kind and metadata")
}

// numbers turns json.Number into int64 where it is whole, else into float64.
func numbers(value any) any {
	switch v := value.(type) {
	case map[string]any:
		for k, item := range v {
			v[k] = numbers(item)
		}
	case []any:
		for i, item := range v {
			v[i] = numbers(item)
		}
	case json.Number:
		if whole, err := v.Int64(); err == nil {
			return whole
		}
		if f, err := v.Float64(); err == nil {
			return f
		}
		return v.String()
	}
	return value
}

// items are the objects of a List.
func (m *manifest) items() ([]*manifest, error) {
	list, _ := m.content["items"].([]any) // absent is empty
	var items []*manifest
	for i, item := range list {
		content, ok := item.(map[string]any)
		if !ok {
			return nil, fmt.Errorf("items[%d] is no object", i)
		}
		path := fmt.Sprintf("items[%d]", i)
		found := m.find(path)
		one := &manifest{file: m.file, line: found.line, header: headerOf(content), content: content, outline: found, twice: below(path+".", m.twice)}
		if one.isList() {
			return nil, fmt.Errorf("items[%d] is a list in a list: kubectl takes only one apart", i)
		}
		items = append(items, one)
	}
	return items, nil
}

var lineInError = regexp.MustCompile(`line (\d+)`)

// errorLine finds the line, within the document, that a YAML error speaks of.
func errorLine(err error) int {
	if found := lineInError.FindStringSubmatch(err.Error()); found != nil {
		if n, err := strconv.Atoi(found[1]); err == nil {
			return max(n, 1)
		}
	}
	return 1
}

// plainError drops the prefixes of the libraries that read YAML, and the line, which
// counts from the beginning of the document and stands in the finding anyway.
func plainError(err error) string {
	text := err.Error()
	for _, prefix := range []string{"error converting YAML to JSON: ", "yaml: ", "unmarshal errors:\n  "} {
		text = strings.TrimPrefix(text, prefix)
	}
	return strings.TrimPrefix(lineInError.ReplaceAllString(text, ""), ": ")
}
