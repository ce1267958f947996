//go:build e2e

package e2e

import (
	"path/filepath"
	"strings"
)

// installYAML is what "make install-yaml" writes.
var installYAML = filepath.Join(root, "dist", "install.yaml")

// manifestInstall: one file instead of Helm, on what the releases before have left.
func manifestInstall(s *suite) {
	s.run(filepath.Join(root, "hack", "install-yaml.sh"), s.registry+"/waypost:"+newVersion)
	s.took("kubectl apply install.yaml, until ready", func() {
		s.kubectl("apply", "--server-side", "-f", installYAML)
		s.kubectl("rollout", "status", "-n", systemNamespace, "deployment/waypost-operator", "--timeout=3m")
		s.kubectl("rollout", "status", "-n", systemNamespace, "statefulset/waypost-serve", "--timeout=3m")
	})
	s.makeNamespace(network, nil)
	s.applySamples()
	s.mustClick()
}

// manifestUninstall: what one file brought, the same file takes away.
func manifestUninstall(s *suite) {
	s.took("kubectl delete install.yaml", func() {
		s.kubectl("delete", "-f", installYAML, "--timeout=3m")
	})
	left, err := s.tryKubectl("get", "crd,clusterrole,clusterrolebinding,namespace", "-o", "name")
	if err != nil || strings.Contains(left, "waypost") {
		s.Errorf("left behind (%v):\n%s", err, left)
	}
}
