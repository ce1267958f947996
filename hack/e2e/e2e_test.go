//go:build e2e

package e2e

import (
	"testing"
)

// TestEndToEnd is the way of an installation: small at first, used, broken, removed
// and found again; then distributed, and never interrupted.
func TestEndToEnd(t *testing.T) {
	s := newSuite(t)
	defer func() { t.Log(s.timings) }()
	s.makeVolumes()
	s.makeNamespace(systemNamespace, map[string]string{"pod-security.kubernetes.io/enforce": "restricted"})
	s.makeNamespace(network, nil)

	s.part("Embedded", func(s *suite) {
		s.part("Install", embeddedInstall)
		s.part("Convert", embeddedConvert)
		s.part("Edit", embeddedEdit)
		s.part("Rights", embeddedRights)
		s.part("Money", embeddedMoney)
		s.part("Metrics", metricsNameNobody)
		s.part("Kill", embeddedKill)
		s.part("Upgrade", embeddedUpgrade)
		s.part("Uninstall", embeddedUninstall)
		s.part("Reinstall", embeddedReinstall)
	})
	s.part("Distributed", func(s *suite) {
		s.part("Install", distributedInstall)
		s.part("Edit", distributedEdit)
		s.part("Restart", distributedRestart)
		s.part("Drain", distributedDrain)
		s.part("Upgrade", distributedUpgrade)
		s.part("Kill", distributedKill)
		s.part("Books", distributedBooks)
		s.part("Database", distributedDatabase)
		s.part("Uninstall", distributedUninstall)
	})
	s.part("WithoutHelm", func(s *suite) {
		s.part("Install", manifestInstall)
		s.part("Uninstall", manifestUninstall)
	})
}
