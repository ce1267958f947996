package params

import (
	"bytes"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
)

// maxParts bounds the parts of a form; a postback has some forty parameters.
const maxParts = 200

// ScanMultipart reads a multipart/form-data body, which some HTTP clients send
// whenever they are handed a list of fields. Files do not count. On an error the
// set may hold some of the fields: the caller must not act on them.
func (s *Set) ScanMultipart(t *Table, contentType, body []byte) error {
	_, parameters, err := mime.ParseMediaType(string(contentType))
	if err != nil || parameters["boundary"] == "" {
		return fmt.Errorf("%w: it names no boundary", ErrBody)
	}
	form := multipart.NewReader(bytes.NewReader(body), parameters["boundary"])
	for range maxParts {
		part, err := form.NextRawPart()
		if err == io.EOF { //nolint:errorlint // bare, it is the final boundary; wrapped, the body is cut off
			return nil
		}
		if err != nil {
			return fmt.Errorf("%w: %w", ErrBody, err)
		}
		value, err := io.ReadAll(part)
		if err != nil {
			return fmt.Errorf("%w: %w", ErrBody, err)
		}
		if name := part.FormName(); name != "" && part.FileName() == "" {
			s.put(t, []byte(name), value)
		}
	}
	return fmt.Errorf("%w: it has more than %d parts", ErrBody, maxParts)
}
