package queue

import (
	"fmt"

	"github.com/waypost/waypost/api/macro"
	"github.com/waypost/waypost/tracker/ledger/store"
)

// values are what the fold knew of the event, by canonical macro name.
type values map[string]string

// AppendMacro appends the value of m, nothing if there is none.
func (v values) AppendMacro(dst []byte, m macro.Macro) []byte { return append(dst, v[m.String()]...) }

// render makes the URL to call: that of an impression destination is final, that
// of a partner's postback is a template.
func render(kind, url string, macros values) (string, error) {
	if kind != store.KindPostback {
		return url, nil
	}
	template, err := macro.Parse(url, macro.PartnerPostback)
	if err != nil {
		return "", fmt.Errorf("the postback URL: %w", err)
	}
	return string(template.Append(nil, macros)), nil
}
