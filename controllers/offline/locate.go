package offline

import (
	"strconv"
	"strings"

	yamlv3 "go.yaml.in/yaml/v3"
)

// shift moves the lines of a node from its document's beginning to the file's.
func shift(node *yamlv3.Node, by int) {
	node.Line += by
	for _, child := range node.Content {
		shift(child, by)
	}
}

// lineOf returns the line of a field such as "spec.caps[0].limit" or
// `spec.overrides[december].goal`: of its deepest part that stands in the file.
func (m *manifest) lineOf(field string) int {
	_, line := m.find(field)
	return line
}

// find returns the deepest part of a field that stands in the file, and its line.
func (m *manifest) find(field string) (*yamlv3.Node, int) {
	if len(m.node.Content) == 0 {
		return m.node, m.line
	}
	node, line := m.node.Content[0], m.line
	for _, part := range pathParts(field) {
		next, at := step(node, part)
		if next == nil {
			break
		}
		node, line = next, at
	}
	return node, line
}

// pathParts splits a field path at dots and brackets.
func pathParts(field string) []string {
	field = strings.NewReplacer("[", ".", "]", "", `"`, "").Replace(field)
	return strings.FieldsFunc(field, func(r rune) bool { return r == '.' })
}

// step finds a member of a mapping, or an item of a sequence by index or by name,
// and the line where it begins.
func step(node *yamlv3.Node, part string) (*yamlv3.Node, int) {
	switch node.Kind {
	case yamlv3.MappingNode:
		for i := 0; i+1 < len(node.Content); i += 2 {
			if key := node.Content[i]; key.Value == part || identityOf(key) == part {
				return node.Content[i+1], node.Content[i].Line
			}
		}
	case yamlv3.SequenceNode:
		if i, err := strconv.Atoi(part); err == nil && i >= 0 && i < len(node.Content) {
			return node.Content[i], node.Content[i].Line
		}
		for _, item := range node.Content {
			if name, _ := step(item, "name"); name != nil && name.Value == part {
				return item, item.Line
			}
		}
	case yamlv3.AliasNode:
		return step(node.Alias, part)
	}
	return nil, 0
}
