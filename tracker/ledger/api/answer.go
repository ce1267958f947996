package api

import (
	"encoding/json"
	"fmt"
	"net/http"
)

// write answers with JSON.
func (c *call) write(answer any) error {
	data, err := json.Marshal(answer)
	if err != nil {
		return fmt.Errorf("encode the answer: %w", err)
	}
	c.send(mediaJSON, append(data, '\n'))
	return nil
}

func (c *call) send(media string, data []byte) {
	c.w.Header().Set("Content-Type", media)
	c.w.WriteHeader(http.StatusOK)
	_, _ = c.w.Write(data) // the caller is gone; nothing is left to do
}

// describe answers with the OpenAPI document.
func (a *service) describe(c *call) error {
	c.send(mediaJSON, a.document)
	return nil
}
