package offline

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	structuralschema "k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
)

// unknownField returns the message for a field that does not exist, with the name that
// was probably meant.
func unknownField(path string, s *structuralschema.Structural) string {
	parts := pathParts(path)
	name := parts[len(parts)-1]
	if meant := closest(name, fieldsAt(s, parts[:len(parts)-1])); meant != "" {
		return fmt.Sprintf("unknown field %q: did you mean %s?", name, meant)
	}
	return fmt.Sprintf("unknown field %q: take it out or correct its name", name)
}

// fieldsAt returns the fields that exist at a path, sorted, so that of two that are
// equally close the same one is proposed each time.
func fieldsAt(s *structuralschema.Structural, parts []string) []string {
	for _, part := range parts {
		if _, err := strconv.Atoi(part); err == nil && s.Items != nil {
			s = s.Items
			continue
		}
		property, ok := s.Properties[part]
		if !ok {
			return nil
		}
		s = &property
	}
	return slices.Sorted(maps.Keys(s.Properties))
}

// closest returns the candidate that differs from name in case and separators, or
// in a letter or two; "" if none does.
func closest(name string, candidates []string) string {
	best, least := "", min(len(name)/3, 2)+1
	for _, candidate := range candidates {
		if distance := editDistance(plain(name), plain(candidate)); distance < least {
			best, least = candidate, distance
		}
	}
	return best
}

// plain is a name without case and separators, in which names are most often mistaken.
func plain(name string) string {
	return strings.ToLower(strings.NewReplacer("_", "", "-", "").Replace(name))
}

// editDistance counts the letters to insert, remove or replace between a and b
// (Levenshtein).
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replace := diagonal
			if a[i] != b[j] {
				replace++
			}
			diagonal = row[j+1]
			row[j+1] = min(replace, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
