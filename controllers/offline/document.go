package offline

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	yamlv3 "go.yaml.in/yaml/v3"
)

// document is one YAML document of a file, or one JSON value.
type document struct {
	line int // of its first line in the file, from 1
	data []byte
	err  error // why it is none
}

// documents splits a file as kubectl does: at lines that begin with three hyphens, and
// JSON at the end of each value. A library that splits by the rules of YAML would find
// other documents in some files, and validate would pass what kubectl takes otherwise.
func documents(data []byte) []document {
	var list []document
	current := document{line: 1}
	line := 0
	for text := range bytes.Lines(data) {
		line++
		rest, ok := bytes.CutPrefix(text, []byte("---"))
		if !ok {
			current.data = append(current.data, text...)
			continue
		}
		list = append(list, current.values()...)
		current = document{line: line + 1}
		if rest = bytes.TrimSpace(rest); len(rest) > 0 && rest[0] != '#' {
			list = append(list, document{line: line, err: fmt.Errorf("a document begins on the line after ---, not with %.40q behind it", rest)})
		}
	}
	return append(list, current.values()...)
}

// values splits a document that is JSON into its values: several may follow each
// other without anything between them.
func (d document) values() []document {
	if begin := bytes.TrimSpace(d.data); len(begin) == 0 || begin[0] != '{' {
		return []document{d}
	}
	var list []document
	decoder := json.NewDecoder(bytes.NewReader(d.data))
	for from := 0; ; {
		var value json.RawMessage
		err := decoder.Decode(&value)
		if errors.Is(err, io.EOF) {
			return list
		}
		if err != nil {
			return []document{d} // it is YAML, or wrong as that, too
		}
		begin := from + bytes.IndexByte(d.data[from:], '{')
		from = int(decoder.InputOffset())
		list = append(list, document{line: d.line + bytes.Count(d.data[:max(begin, 0)], []byte("\n")), data: value})
	}
}

// node parses the document. Anything behind it would be passed over by kubectl,
// silently and against the author's intention, so it is an error.
func (d document) node() (*yamlv3.Node, error) {
	if d.err != nil {
		return nil, d.err
	}
	decoder := yamlv3.NewDecoder(bytes.NewReader(d.data))
	node, more := &yamlv3.Node{}, &yamlv3.Node{}
	if err := decoder.Decode(node); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	switch err := decoder.Decode(more); {
	case errors.Is(err, io.EOF):
		return node, nil
	case err != nil:
		return nil, err
	}
	return nil, fmt.Errorf("line %d: a second document begins here: put a line with --- before it", max(more.Line, 1))
}
