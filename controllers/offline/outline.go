package offline

import (
	"unique"

	yamlv3 "go.yaml.in/yaml/v3"
)

// outline is where the parts of a manifest stand: what findings need of its YAML, in
// a tenth of the memory. serve keeps it of every object.
type outline struct {
	// key is that of a member of a mapping, or the name of an item of a sequence.
	key   string
	line  int // where the member's key or the item begins
	list  bool
	parts []outline
}

// outlineOf draws the outline of a node, its lines moved down by some. Aliases are
// followed: the node has been read as kubectl reads it, which bounds them.
func outlineOf(node *yamlv3.Node, by int) outline {
	switch node.Kind {
	case yamlv3.DocumentNode:
		if len(node.Content) > 0 {
			return outlineOf(node.Content[0], by)
		}
	case yamlv3.AliasNode:
		return outlineOf(node.Alias, by)
	case yamlv3.MappingNode:
		return outline{parts: members(node, by)}
	case yamlv3.SequenceNode:
		return outline{list: true, parts: items(node, by)}
	}
	return outline{}
}

// members are the parts of a mapping. One whose key is something else to kubectl is
// found under both names.
func members(node *yamlv3.Node, by int) []outline {
	parts := make([]outline, 0, len(node.Content)/2)
	for i := 0; i+1 < len(node.Content); i += 2 {
		key, part := node.Content[i], outlineOf(node.Content[i+1], by)
		part.line = key.Line + by
		part.key = unique.Make(key.Value).Value()
		parts = append(parts, part)
		if identity := identityOf(key); identity != key.Value {
			part.key = identity
			parts = append(parts, part)
		}
	}
	return parts
}

func items(node *yamlv3.Node, by int) []outline {
	parts := make([]outline, 0, len(node.Content))
	for _, item := range node.Content {
		part := outlineOf(item, by)
		part.line, part.key = item.Line+by, nameIn(item)
		parts = append(parts, part)
	}
	return parts
}

// nameIn is the name of an item of a list map.
func nameIn(item *yamlv3.Node) string {
	if item.Kind == yamlv3.AliasNode {
		return nameIn(item.Alias)
	}
	if item.Kind == yamlv3.MappingNode {
		for i := 0; i+1 < len(item.Content); i += 2 {
			if item.Content[i].Value == "name" {
				return unique.Make(item.Content[i+1].Value).Value()
			}
		}
	}
	return ""
}
