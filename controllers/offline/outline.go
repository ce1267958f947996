package offline

import (
	"encoding/binary"

	yamlv3 "go.yaml.in/yaml/v3"
)

// outline is where the parts of a manifest stand: what findings need of its YAML, in
// a fiftieth of the memory. serve keeps it of every object, so the parts are one text
// and not a tree, of which the garbage collector would visit each branch.
type outline struct {
	line int // where the member's key or the item begins
	list bool
	// parts are the members of a mapping or the items of a sequence, one after the
	// other, each as appendPart writes it.
	parts string
}

// appendPart appends a part: its key, which is that of a member of a mapping or the
// name of an item of a sequence, its line, whether it is a list, and its own parts.
func appendPart(dst []byte, key string, part outline) []byte {
	dst = appendText(dst, key)
	dst = binary.AppendUvarint(dst, uint64(part.line))
	list := byte(0)
	if part.list {
		list = 1
	}
	return appendText(append(dst, list), part.parts)
}

// appendText appends a text behind its length, a varint, so that it may hold anything.
func appendText(dst []byte, text string) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(text))), text...)
}

// all yields the parts with their keys.
func (o outline) all(yield func(key string, part outline) bool) {
	for rest := o.parts; rest != ""; {
		var key string
		var line uint64
		part := outline{}
		key, rest = cutText(rest)
		line, rest = cutNumber(rest)
		part.line, part.list = int(line), rest[0] == 1
		part.parts, rest = cutText(rest[1:])
		if !yield(key, part) {
			return
		}
	}
}

// cutText undoes appendText. It does not check: what it reads was written here.
func cutText(s string) (text, rest string) {
	n, s := cutNumber(s)
	return s[:n], s[n:]
}

// cutNumber reads a varint of a string, which package binary can only of bytes: to
// convert would copy the whole outline at each look.
func cutNumber(s string) (n uint64, rest string) {
	for shift := 0; ; shift += 7 {
		b := s[0]
		s = s[1:]
		if n |= uint64(b&0x7f) << shift; b < 0x80 {
			return n, s
		}
	}
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
func members(node *yamlv3.Node, by int) string {
	var parts []byte
	for i := 0; i+1 < len(node.Content); i += 2 {
		key, part := node.Content[i], outlineOf(node.Content[i+1], by)
		part.line = key.Line + by
		parts = appendPart(parts, key.Value, part)
		if identity := identityOf(key); identity != key.Value {
			parts = appendPart(parts, identity, part)
		}
	}
	return string(parts)
}

// items are the parts of a sequence. Their keys are the names of list maps, because the
// API server names an item in an error by its name where the list has one.
func items(node *yamlv3.Node, by int) string {
	var parts []byte
	for _, item := range node.Content {
		part := outlineOf(item, by)
		part.line = item.Line + by
		parts = appendPart(parts, nameIn(item), part)
	}
	return string(parts)
}

// nameIn is the name of an item of a list map.
func nameIn(item *yamlv3.Node) string {
	if item.Kind == yamlv3.AliasNode {
		return nameIn(item.Alias)
	}
	if item.Kind == yamlv3.MappingNode {
		for i := 0; i+1 < len(item.Content); i += 2 {
			if item.Content[i].Value == "name" {
				return item.Content[i+1].Value
			}
		}
	}
	return ""
}
