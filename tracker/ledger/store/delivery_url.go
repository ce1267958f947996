package store

import (
	"fmt"

	"github.com/waypost/waypost/api/macro"
)

// macroValues are what the fold knew of the event, by canonical macro name.
type macroValues map[string]string

// AppendMacro appends the value of m, nothing if there is none.
func (v macroValues) AppendMacro(dst []byte, m macro.Macro) []byte {
	return append(dst, v[m.String()]...)
}

// CalledURL is the URL that a delivery calls: that of an impression destination is
// final, that of a partner's postback is a template.
func CalledURL(kind, url string, macros map[string]string) (string, error) {
	if kind != KindPostback {
		return url, nil
	}
	template, err := macro.Parse(url, macro.PartnerPostback)
	if err != nil {
		return "", fmt.Errorf("the postback URL: %w", err)
	}
	return string(template.Append(nil, macroValues(macros))), nil
}
