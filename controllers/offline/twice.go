package offline

import (
	"fmt"
	"strings"

	yamlv3 "go.yaml.in/yaml/v3"
)

// place is where a field stands.
type place struct {
	path string
	line int
}

// below are the places under a path, as seen from there.
func below(path string, all []place) []place {
	var found []place
	for _, p := range all {
		if rest, ok := strings.CutPrefix(p.path, path); ok {
			found = append(found, place{rest, p.line})
		}
	}
	return found
}

// twice returns the keys that stand twice in their mapping, their lines moved down
// by some. The API server refuses them; kubectl would silently take the last.
func twice(node *yamlv3.Node, by int, path string) []place {
	var found []place
	switch node.Kind {
	case yamlv3.DocumentNode:
		for _, child := range node.Content {
			found = append(found, twice(child, by, path)...)
		}
	case yamlv3.SequenceNode:
		for i, child := range node.Content {
			found = append(found, twice(child, by, fmt.Sprintf("%s[%d]", path, i))...)
		}
	case yamlv3.MappingNode:
		seen := map[string]bool{}
		for i := 0; i+1 < len(node.Content); i += 2 {
			key := node.Content[i]
			child := strings.TrimPrefix(path+"."+key.Value, ".")
			if identity := identityOf(key); seen[identity] {
				found = append(found, place{child, key.Line + by})
			} else {
				seen[identity] = true
			}
			found = append(found, twice(node.Content[i+1], by, child)...)
		}
	}
	return found
}

// identityOf is what a key is to kubectl, which reads YAML 1.1: a bare on is not
// the same as "on", but true.
func identityOf(key *yamlv3.Node) string {
	if key.Style&(yamlv3.SingleQuotedStyle|yamlv3.DoubleQuotedStyle) != 0 {
		return key.Value
	}
	switch strings.ToLower(key.Value) {
	case "on", "yes", "y", "true":
		return "true"
	case "off", "no", "n", "false":
		return "false"
	}
	return key.Value
}
