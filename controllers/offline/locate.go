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
		part, ok := found.part(name)
		if !ok {
			break
		}
		found = part
	}
	return found
}

// pathParts splits a field path at dots and brackets.
func pathParts(field string) []string {
	field = strings.NewReplacer("[", ".", "]", "", `"`, "").Replace(field)
	return strings.FieldsFunc(field, func(r rune) bool { return r == '.' })
}

// part finds a member of a mapping, or an item of a sequence by index or by name.
func (o outline) part(name string) (found outline, ok bool) {
	wanted := -1
	if i, err := strconv.Atoi(name); err == nil && o.list {
		wanted = i
	}
	at := 0
	for key, part := range o.all {
		if at == wanted {
			return part, true
		}
		if key == name && !ok {
			found, ok = part, true
		}
		at++
	}
	return found, ok
}
