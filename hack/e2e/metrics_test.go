//go:build e2e

package e2e

import (
	"net/http"
	"regexp"
	"strings"
)

// told are names and ids of the samples, and what identifies a click or a visitor:
// none of them may be in a metric.
var told = regexp.MustCompile(`summer-shoes|best-blog|acme|"1001"|"2002"|[A-Za-z0-9_-]{50}|\b(?:\d{1,3}\.){3}\d{1,3}\b`)

// metricsNameNobody: labels are reasons, kinds and results, in every process.
func metricsNameNobody(s *suite) {
	pods := s.pods("app.kubernetes.io/name=waypost")
	scraped := 0
	for _, pod := range pods {
		if !isReady(&pod) {
			continue
		}
		response, body, err := s.ask(http.MethodGet, "pods", pod.Name, "9090", "/metrics")
		if err != nil || response.StatusCode != http.StatusOK {
			s.Errorf("%s: %v", pod.Name, err)
			continue
		}
		scraped++
		for line := range strings.Lines(string(body)) {
			labels := line[strings.IndexByte(line, '{')+1:]
			if strings.HasPrefix(line, "waypost_") && strings.Contains(line, "{") && told.MatchString(labels[:strings.IndexByte(labels, '}')]) {
				s.Errorf("%s: %s", pod.Name, line)
			}
		}
		if !strings.Contains(string(body), "\nwaypost_") {
			s.Errorf("%s has no metric of ours", pod.Name)
		}
	}
	if scraped < 3 {
		s.Errorf("%d of %d pods have metrics", scraped, len(pods))
	}
}
