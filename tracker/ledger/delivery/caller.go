package delivery

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"
)

const (
	callTimeout  = 15 * time.Second
	maxRedirects = 5
	// bodyKept is how much of an answer is kept to look at.
	bodyKept = 512
)

// NewClient returns the HTTP client that calls are made with: bounded in time and
// in redirects, without cookies or proxies of the environment, and, unless
// allowPrivate, without a way to addresses that are not public. A proxy would be connected
// to in place of the receiver, and its address would be the only one that is checked.
func NewClient(allowPrivate bool) *http.Client {
	dialer := &net.Dialer{Timeout: 5 * time.Second, KeepAlive: 30 * time.Second}
	if !allowPrivate {
		dialer.Control = refusePrivate
	}
	return &http.Client{
		Timeout: callTimeout,
		Transport: &http.Transport{
			DialContext:            dialer.DialContext,
			TLSHandshakeTimeout:    5 * time.Second,
			ResponseHeaderTimeout:  10 * time.Second,
			MaxResponseHeaderBytes: 64 << 10,
			MaxIdleConns:           256,
			MaxIdleConnsPerHost:    2,
			IdleConnTimeout:        30 * time.Second,
			ForceAttemptHTTP2:      true,
		},
		CheckRedirect: func(r *http.Request, via []*http.Request) error {
			if len(via) >= maxRedirects {
				return fmt.Errorf("more than %d redirects", maxRedirects)
			}
			r.Header.Del("Referer") // it would show one receiver the parameters of another
			return nil
		},
	}
}

// call makes one attempt. It never fails as such: what went wrong is the result.
func call(ctx context.Context, client *http.Client, d Delivery, now func() time.Time) Result {
	started := now()
	result := Result{ID: d.ID, Target: d.Target, State: Delivered}
	result.HTTPStatus, result.Body, result.Error = attempt(ctx, client, d)
	result.At = now()
	result.Took = result.At.Sub(started)
	if result.Error != "" {
		result.NextAt, result.State = next(d.CreatedAt, result.At, d.Attempts+1, randomJitter())
	}
	return result
}

// attempt calls the URL and returns the answer's status, 0 without one, its first bytes as
// text, and why it failed, "" for a 2xx status. An answer whose body breaks off after
// some bytes counts by its status.
func attempt(ctx context.Context, client *http.Client, d Delivery) (status int, body, failure string) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, d.URL, http.NoBody)
	if err != nil {
		return 0, "", "the URL cannot be called: " + withoutURL(err)
	}
	r.Header.Set("User-Agent", "Waypost")
	r.Header.Set("Idempotency-Key", d.ID)
	answer, err := client.Do(r)
	if err != nil {
		return 0, "", withoutURL(err)
	}
	defer func() { _ = answer.Body.Close() }() // what matters of it was read
	kept, err := io.ReadAll(io.LimitReader(answer.Body, bodyKept))
	if err != nil && len(kept) == 0 {
		return answer.StatusCode, "", "reading the answer: " + withoutURL(err)
	}
	if answer.StatusCode < 200 || answer.StatusCode > 299 {
		return answer.StatusCode, printable(kept), "answered " + http.StatusText(answer.StatusCode)
	}
	return answer.StatusCode, printable(kept), ""
}

// withoutURL drops the URL that net/http puts before an error: it stands beside
// the error anyway, and it may hold a partner's secret. Partners read the rest, so
// the name server that was asked is left out too.
func withoutURL(err error) string {
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	var dns *net.DNSError
	if errors.As(err, &dns) {
		return "looking up " + dns.Name + ": " + dns.Err
	}
	return err.Error()
}

// printable keeps an answer showable: garbage becomes question marks.
func printable(b []byte) string {
	return string(toPrintable(b))
}

// toPrintable replaces control characters other than line breaks and tabs, and bytes that
// are no UTF-8.
func toPrintable(b []byte) []rune {
	runes := []rune(string(b))
	for i, r := range runes {
		if (r < ' ' && r != '\n' && r != '\t') || r == 0x7f || r == '\uFFFD' {
			runes[i] = '?'
		}
	}
	return runes
}
