package offline

import (
	"strconv"
	"strings"
)

// lineOf returns the line of a field such as "spec.caps[0].limit" or
// `spec.overrides[december].goal`: of its deepest part that stands in the file.
func (m *manifest) lineOf(field string) int { return m.find(field).line }

// find returns the deepest part of a field that stands in the file.
func (m *manifest) find(field string) outline {
	found := m.outline
	found.line = m.line
	for _, name := range pathParts(field) {
		part := found.part(name)
		if part == nil {
			break
		}
		found = *part
	}
	return found
}

// pathParts splits a field path at dots and brackets.
func pathParts(field string) []string {
	field = strings.NewReplacer("[", ".", "]", "", `"`, "").Replace(field)
	return strings.FieldsFunc(field, func(r rune) bool { return r == '.' })
}

// part finds a member of a mapping, or an item of a sequence by index or by name.
func (o *outline) part(name string) *outline {
	if o.list {
		if i, err := strconv.Atoi(name); err == nil && i >= 0 && i < len(o.parts) {
			return &o.parts[i]
		}
	}
	for i := range o.parts {
		if o.parts[i].key == name {
			return &o.parts[i]
		}
	}
	return nil
}
