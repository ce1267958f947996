package fingerprints

import (
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/waypost/waypost/api/seal"
)

const (
	// suffix makes the ConfigMap's name of the Secret's.
	suffix = "-fingerprints"
	// entry of the ConfigMap holds the fingerprints.
	entry = "fingerprints"
)

// Name returns the name of the ConfigMap beside a Secret.
func Name(secret string) string { return secret + suffix }

// Entries returns what the ConfigMap holds of a ring.
func Entries(ring *seal.Keyring) map[string]string {
	return map[string]string{entry: strings.Join(ring.Fingerprints(), " ")}
}

// Loss is why a Secret is not the one that its ConfigMap remembers.
type Loss struct {
	// Code names this loss and no other, for the flag that accepts it.
	Code    string
	problem string
}

// Error names the loss, what it does and the two remedies.
func (l *Loss) Error() string { return l.problem }

// Gone returns the loss of the whole Secret that a ConfigMap remembers.
func Gone(marker *corev1.ConfigMap) *Loss {
	code := seal.LossCode(string(marker.UID), marker.Data[entry])
	return &Loss{Code: code, problem: fmt.Sprintf(
		"the Secret %s with the sealing keys is gone, and the ConfigMap %s remembers it: restore the Secret from its copy, or %s to begin anew: "+
			"every click id and sealed link in the wild is then dead, and its conversions are lost",
		secretOf(marker), marker.Name, giveUp(marker, code))}
}

// Compare returns how a ring lacks what the ConfigMap remembers at a time, nil where it
// is complete.
func Compare(marker *corev1.ConfigMap, ring *seal.Keyring, at time.Time) *Loss {
	known, there := marker.Data[entry], Entries(ring)[entry]
	missing := seal.Lost(known, there, at)
	if missing == "" {
		return nil
	}
	code := seal.LossCode(string(marker.UID), known, there)
	return &Loss{Code: code, problem: fmt.Sprintf(
		"the Secret %s with the sealing keys is an older copy, or another's: it lacks the newest key in use that the ConfigMap %s remembers, with the fingerprint %s. "+
			"Postbacks of its click ids are refused (bad_click_id), and its sealed links do not open. Restore the Secret from its newest copy, or %s to give that key up: "+
			"what it made is then dead for good, and its conversions are lost",
		secretOf(marker), marker.Name, missing, giveUp(marker, code))}
}

func secretOf(marker *corev1.ConfigMap) string { return strings.TrimSuffix(marker.Name, suffix) }

func giveUp(marker *corev1.ConfigMap, code string) string {
	return fmt.Sprintf("run waypost keys init --secret %s/%s once with --new-keys %s", marker.Namespace, secretOf(marker), code)
}
