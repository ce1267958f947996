package compile

import (
	"fmt"
	"strconv"
	"strings"
)

// Problem is one thing that is wrong with an object.
type Problem struct {
	// Reason is one of the condition reasons of api/v1alpha1.
	Reason string
	// Field is the path of the value, such as "spec.overrides[3].goal"; "" when no
	// single field is to blame.
	Field string
	// Entry is the name of the list entry that is left out for it, or "".
	Entry string
	// Message is what is wrong and what to do, without the path.
	Message string
}

// String returns the message with the field before it.
func (p Problem) String() string {
	if p.Field == "" {
		return p.Message
	}
	return p.Field + ": " + p.Message
}

// maxMessages is how many problems one condition lists; the others are counted.
const maxMessages = 5

// describe puts problems into one message.
func describe(problems []Problem) string {
	texts := make([]string, 0, maxMessages)
	for i, p := range problems {
		if i == maxMessages {
			texts = append(texts, fmt.Sprintf("and %d more", len(problems)-maxMessages))
			break
		}
		texts = append(texts, p.String())
	}
	return strings.Join(texts, "; ")
}

// path is the place of a value in an object. Paths are made on the stack on the
// way down and written out only where something is wrong.
type path struct {
	parent *path
	name   string
	index  int // place in a list; -1 for a field
}

// root is the beginning of every path.
var root = &path{name: "spec", index: -1}

// dot returns the path of a field below p.
func (p *path) dot(name string) *path { return &path{parent: p, name: name, index: -1} }

// at returns the path of an entry of the list at p.
func (p *path) at(index int) *path { return &path{parent: p, index: index} }

// String writes the path as the API server writes it.
func (p *path) String() string {
	var b strings.Builder
	p.write(&b)
	return b.String()
}

func (p *path) write(b *strings.Builder) {
	if p.parent != nil {
		p.parent.write(b)
	}
	if p.index >= 0 {
		b.WriteByte('[')
		b.WriteString(strconv.Itoa(p.index))
		b.WriteByte(']')
		return
	}
	if b.Len() > 0 {
		b.WriteByte('.')
	}
	b.WriteString(p.name)
}
