//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"time"
)

// get asks a Service through the API server, which every cluster lets an
// administrator do.
func (s *suite) get(service, port, path string) (*http.Response, []byte, error) {
	return s.ask(http.MethodGet, "services", service, port, path)
}

func (s *suite) ask(method, kind, name, port, path string) (*http.Response, []byte, error) {
	target := fmt.Sprintf("%s/api/v1/namespaces/%s/%s/%s:%s/proxy%s", s.host, systemNamespace, kind, name, port, path)
	request, err := http.NewRequestWithContext(s.Context(), method, target, nil)
	if err != nil {
		return nil, nil, err
	}
	response, err := s.http.Do(request)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = response.Body.Close() }() // read to the end by then
	body, err := io.ReadAll(response.Body)
	return response, body, err
}

// click clicks and returns where it leads, and its id.
func (s *suite) click() (location, id string, err error) {
	response, body, err := s.get("waypost", "http", "/click?offer=1001&partner=2002&sub1=e2e")
	if err != nil {
		return "", "", err
	}
	if response.StatusCode != http.StatusFound {
		return "", "", fmt.Errorf("%w: click answered %s %s %s", errNotYet, response.Status, response.Header.Get("Waypost-Reason"), body)
	}
	return response.Header.Get("Location"), response.Header.Get("Waypost-Click"), nil
}

func (s *suite) mustClick() (location, id string) {
	s.Helper()
	s.await("a click", time.Minute, func() (err error) {
		location, id, err = s.click()
		return err
	})
	return location, id
}

// postback reports a purchase, with further parameters as names and values, and
// returns its verdict.
func (s *suite) postback(clickID, order string, more ...string) string {
	s.Helper()
	query := url.Values{"clickid": {clickID}, "goal": {"2"}, "amount": {"30.00"}, "order_id": {order}}
	for i := 0; i+1 < len(more); i += 2 {
		query.Set(more[i], more[i+1])
	}
	response, body, err := s.get("waypost", "http", "/postback?"+query.Encode())
	if err != nil {
		s.Fatal(err)
	}
	var answer struct {
		Verdict string `json:"verdict"`
		Reason  string `json:"reason"`
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		s.Fatalf("postback answered %s: %s", response.Status, body)
	}
	return strings.TrimSpace(answer.Verdict + " " + answer.Reason)
}

// token is one of a service account in Waypost's namespace.
func (s *suite) token(account string) string {
	s.Helper()
	return strings.TrimSpace(s.kubectl("create", "token", "-n", systemNamespace, account))
}

// waypost runs a command in the pod that has the books; the image has no shell, and
// needs none.
func (s *suite) waypost(args ...string) (string, error) {
	pod := s.firstPod("waypost.dev/reports=true")
	return s.tryKubectl(append([]string{"exec", "-n", systemNamespace, pod, "--", "/waypost"}, args...)...)
}

// conversions asks for the approved conversions of goal 2, as a reader of reports does.
func (s *suite) conversions() (int, error) {
	out, err := s.waypost("report", "--group", "goal", "-o", "json", "--token", s.token("waypost-reader"))
	if err != nil {
		return 0, err
	}
	var report struct {
		Rows []struct {
			Goal        string `json:"goal"`
			Conversions int    `json:"conversions"`
		} `json:"rows"`
	}
	if err := json.Unmarshal([]byte(out), &report); err != nil {
		return 0, fmt.Errorf("%w in %s", err, out)
	}
	for _, row := range report.Rows {
		if row.Goal == "2" {
			return row.Conversions, nil
		}
	}
	return 0, nil
}

func (s *suite) awaitConversions(want int) {
	s.Helper()
	s.await(fmt.Sprintf("%d conversions in the report", want), 2*time.Minute, func() error {
		got, err := s.conversions()
		if err == nil && got != want {
			err = fmt.Errorf("%w: %d", errNotYet, got)
		}
		return err
	})
}

// applySamples makes a network of the samples and waits until it is served.
func (s *suite) applySamples() {
	s.Helper()
	s.kubectl("apply", "-n", network, "-k", filepath.Join(root, "config", "samples"))
	s.kubectl("wait", "-n", network, "--for=condition=Ready", "waypost", "--all", "--timeout=2m")
}

// edit changes where an offer leads and returns the time until a click goes there.
func (s *suite) edit(mark string) time.Duration {
	s.Helper()
	patch := fmt.Sprintf(`{"spec":{"destinationURL":"https://shop.example/%s?cid={clickid}"}}`, mark)
	began := time.Now()
	s.kubectl("patch", "offer", "-n", network, "summer-shoes", "--type=merge", "-p", patch)
	var served time.Duration
	s.await("the edit to be served", 2*time.Minute, func() error {
		location, _, err := s.click()
		if err == nil && !strings.Contains(location, mark) {
			err = fmt.Errorf("%w: a click leads to %s", errNotYet, location)
		}
		served = time.Since(began)
		return err
	})
	return served
}

// editIsReady edits, waits for Ready as a merge gate does, and then no click may
// lead to the old place.
func (s *suite) editIsReady(mark string) time.Duration {
	s.Helper()
	patch := fmt.Sprintf(`{"spec":{"destinationURL":"https://shop.example/%s?cid={clickid}"}}`, mark)
	s.kubectl("patch", "offer", "-n", network, "summer-shoes", "--type=merge", "-p", patch)
	began := time.Now()
	generation := strings.TrimSpace(s.kubectl("get", "offer", "-n", network, "summer-shoes", "-o", "jsonpath={.metadata.generation}"))
	s.kubectl("wait", "-n", network, "offer/summer-shoes", "--for=jsonpath={.status.observedGeneration}="+generation, "--timeout=2m")
	s.kubectl("wait", "-n", network, "offer/summer-shoes", "--for=condition=Ready", "--timeout=2m")
	took := time.Since(began)
	for range 20 {
		if location, _ := s.mustClick(); !strings.Contains(location, mark) {
			s.Fatalf("Ready, and a click leads to %s", location)
		}
	}
	return took
}
