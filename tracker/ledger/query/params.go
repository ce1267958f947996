package query

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/waypost/waypost/tracker/journal"
)

// Params are the parameters of a postback in the order in which they came, without keys
// and with the first of each name. The order is a part of what was sent: of Amount=1 and
// amount=2 the first counts. In JSON they are an object.
type Params []journal.Param

// MarshalJSON keeps the order.
func (p Params) MarshalJSON() ([]byte, error) {
	b := []byte{'{'}
	for i := range p {
		for _, part := range []string{p[i].Name, p[i].Value} {
			text, err := json.Marshal(part)
			if err != nil {
				return nil, err
			}
			b = append(append(b, text...), ':')
		}
		b[len(b)-1] = ','
	}
	return append(bytes.TrimSuffix(b, []byte{','}), '}'), nil
}

// UnmarshalJSON keeps the order.
func (p *Params) UnmarshalJSON(data []byte) error {
	in := json.NewDecoder(bytes.NewReader(data))
	if begin, err := in.Token(); err != nil || begin == nil {
		return err
	} else if begin != json.Delim('{') {
		return fmt.Errorf("parameters are an object, not %.20s", data)
	}
	for *p = (*p)[:0]; in.More(); {
		name, err := in.Token()
		if err != nil {
			return err
		}
		x := journal.Param{Name: name.(string)} // or Token fails
		if err := in.Decode(&x.Value); err != nil {
			return err
		}
		*p = append(*p, x)
	}
	return nil
}
