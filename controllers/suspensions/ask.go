package suspensions

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"
)

const (
	// path is where the ledger's API lists them.
	path = "/api/v1/deliveries/targets"
	// askTimeout is how long the ledger may take to answer.
	askTimeout = 10 * time.Second
	// maxAnswer bounds an answer's size in bytes.
	maxAnswer = 16 << 20
)

// suspension is a partner's URL that is suspended, as the ledger lists it.
type suspension struct {
	Network     string    `json:"network"`
	Partner     string    `json:"partner"`
	Name        string    `json:"name"` // of the postback
	HTTPStatus  int       `json:"httpStatus"`
	Error       string    `json:"error"`
	SuspendedAt time.Time `json:"suspendedAt"`
}

// newClient does not follow redirects: an admin port that redirects is not the
// ledger's, and must not get the token.
func newClient() *http.Client {
	return &http.Client{
		Timeout:       askTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// ask gets what is suspended in one network, or in all of them for "".
func (r *Reconciler) ask(ctx context.Context, network string) ([]suspension, error) {
	query := url.Values{"state": {"suspended"}}
	if network != "" {
		query.Set("network", network)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, r.URL+path+"?"+query.Encode(), nil)
	if err != nil {
		return nil, fmt.Errorf("ask the ledger: %w", err)
	}
	if err := r.authorize(request); err != nil {
		return nil, err
	}
	response, err := r.http.Do(request)
	if err != nil {
		return nil, fmt.Errorf("ask the ledger: %w", err)
	}
	defer func() { _ = response.Body.Close() }() // it was only read
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return nil, fmt.Errorf("ask the ledger: %w", err)
	}
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("ask the ledger: %s answered %s", r.URL+path, response.Status)
	}
	var answer struct {
		Items []suspension `json:"items"`
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return nil, fmt.Errorf("ask the ledger: %s did not answer a list: %w", r.URL+path, err)
	}
	return answer.Items, nil
}

// authorize reads the token each time, because it is renewed.
func (r *Reconciler) authorize(request *http.Request) error {
	if r.TokenFile == "" {
		return nil
	}
	token, err := os.ReadFile(r.TokenFile)
	if err != nil {
		return fmt.Errorf("read the token for the ledger: %w", err)
	}
	request.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(token)))
	return nil
}
