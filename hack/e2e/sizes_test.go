//go:build e2e

package e2e

import (
	"fmt"
	"net/http"
	"regexp"
	"strconv"
)

var sample = regexp.MustCompile(`(?m)^(process_resident_memory_bytes|waypost_journal_bytes_total|waypost_journal_entries_total)(?:\{[^}]*\})? (\S+)$`)

// sizes adds what docs/operate.md#sizing is about: memory, and bytes of the journal.
func (s *suite) sizes() {
	s.Helper()
	var bytes, entries float64
	for _, pod := range s.pods("app.kubernetes.io/name=waypost") {
		response, body, err := s.ask(http.MethodGet, "pods", pod.Name, "9090", "/metrics")
		if err != nil || response.StatusCode != http.StatusOK {
			s.Fatalf("%s: %v", pod.Name, err)
		}
		for _, match := range sample.FindAllStringSubmatch(string(body), -1) {
			value, err := strconv.ParseFloat(match[2], 64)
			if err != nil {
				s.Fatal(err)
			}
			switch match[1] {
			case "process_resident_memory_bytes":
				s.timings.add("memory of a "+pod.Labels["app.kubernetes.io/component"], fmt.Sprintf("%.0f MiB", value/(1<<20)))
			case "waypost_journal_bytes_total":
				bytes += value
			case "waypost_journal_entries_total":
				entries += value
			}
		}
	}
	s.timings.add("journal, an entry", fmt.Sprintf("%.0f bytes (in small batches)", bytes/max(entries, 1)))
}
