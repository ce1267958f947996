package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/waypost/waypost/tracker/admin"
)

// apiClient calls the API on the admin port of serve or of the ledger (docs/api.md has
// the resources, /api/v1/openapi.json the calls). Its methods are for one goroutine.
type apiClient struct {
	server string // scheme, host and port; a slash at the end is cut off
	// token is used before tokenFile. Its flag shows in process lists, so the environment
	// or a file are the better ways.
	token     string
	tokenFile string
	http      *http.Client // made by the first call
}

// apiError is an answer that refuses, with its reason code if it has one.
type apiError struct {
	status int
	reason string
	text   string
}

func (e *apiError) Error() string { return e.text }

func (c *apiClient) addFlags(flags *pflag.FlagSet) {
	flags.StringVar(&c.server, "server", "http://127.0.0.1:9090", "admin port of serve or of the ledger")
	flags.StringVar(&c.token, "token", "", "bearer token; better given as WAYPOST_TOKEN or --token-file")
	flags.StringVar(&c.tokenFile, "token-file", "data/admin.token", "file with the bearer token, used without --token")
}

// get asks for path and returns the body, which the caller closes. accept is the media
// type of the answer: JSON, CSV or a stream of events.
func (c *apiClient) get(ctx context.Context, path string, query url.Values, accept string) (io.ReadCloser, error) {
	return c.call(ctx, http.MethodGet, path, query, nil, accept)
}

// getJSON asks for path and decodes the answer.
func (c *apiClient) getJSON(ctx context.Context, path string, query url.Values, into any) error {
	body, err := c.get(ctx, path, query, "application/json")
	if err != nil {
		return err
	}
	defer func() { _ = body.Close() }() // read to the end by then
	if err := json.NewDecoder(body).Decode(into); err != nil {
		return fmt.Errorf("reading the answer of %s: %w", path, err)
	}
	return nil
}

// post sends a JSON document and decodes the answer. The network in query, if any, is
// the one in which the caller has the right to do this.
func (c *apiClient) post(ctx context.Context, path string, query url.Values, document, into any) error {
	data, err := json.Marshal(document)
	if err != nil {
		return fmt.Errorf("encoding the request for %s: %w", path, err)
	}
	body, err := c.call(ctx, http.MethodPost, path, query, data, "application/json")
	if err != nil {
		return err
	}
	defer func() { _ = body.Close() }() // read to the end by then
	if err := json.NewDecoder(body).Decode(into); err != nil {
		return fmt.Errorf("reading the answer of %s: %w", path, err)
	}
	return nil
}

// call makes one request and returns the body of a good answer, which the caller
// closes. Any answer from 300 on is an *apiError. An answer must begin within a minute;
// its body may take as long as it likes, because tails are followed for hours.
func (c *apiClient) call(ctx context.Context, method, path string, query url.Values, document []byte, accept string) (io.ReadCloser, error) {
	token, err := c.bearer()
	if err != nil {
		return nil, err
	}
	target := strings.TrimRight(c.server, "/") + path
	if len(query) > 0 {
		target += "?" + query.Encode()
	}
	r, err := http.NewRequestWithContext(ctx, method, target, bytes.NewReader(document))
	if err != nil {
		return nil, fmt.Errorf("--server %s: %w", c.server, err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Accept", accept)
	if document != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if c.http == nil {
		c.http = &http.Client{Transport: &http.Transport{ResponseHeaderTimeout: time.Minute}}
	}
	answer, err := c.http.Do(r)
	if err != nil {
		return nil, fmt.Errorf("calling the admin port (is serve or the ledger running there? --server is its address): %w", err)
	}
	if answer.StatusCode >= 300 {
		defer func() { _ = answer.Body.Close() }() // only the problem in it is read
		return nil, problemOf(answer)
	}
	return answer.Body, nil
}

// bearer returns the token of the flag, of WAYPOST_TOKEN, or of the file that serve
// keeps in its data directory. Blanks at the ends of a file are cut off.
func (c *apiClient) bearer() (string, error) {
	if c.token != "" {
		return c.token, nil
	}
	data, err := os.ReadFile(c.tokenFile)
	if err != nil {
		return "", fmt.Errorf("reading the bearer token (--token-file is <data>/admin.token of serve; in a cluster use WAYPOST_TOKEN=$(kubectl create token …)): %w", err)
	}
	return strings.TrimSpace(string(data)), nil
}

// problemOf reads the problem (RFC 9457) of an answer that refuses. An answer of
// something else, such as a proxy in between, has none: only its status is known then,
// and its body is not repeated.
func problemOf(answer *http.Response) error {
	var p admin.Problem
	data, err := io.ReadAll(io.LimitReader(answer.Body, 64<<10))
	if err != nil || json.Unmarshal(data, &p) != nil || p.Reason == "" {
		return &apiError{answer.StatusCode, "", "the admin port answered " + answer.Status}
	}
	return &apiError{answer.StatusCode, p.Reason, fmt.Sprintf("the admin port answered %s: %s (%s)", answer.Status, p.Detail, p.Reason)}
}
