package controllers

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"time"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/waypost/waypost/api/seal"
	"github.com/waypost/waypost/api/snapshot"
)

// Defaults of Options.
const (
	DefaultNamespace          = "waypost-system"
	DefaultSnapshotsNamespace = "waypost-snapshots"
	DefaultTrackerSelector    = "app.kubernetes.io/name=waypost,app.kubernetes.io/component=tracker"
	DefaultTrackerPort        = 9090
	DefaultMetricsAddress     = "127.0.0.1:8081"
	DefaultHealthAddress      = "127.0.0.1:8082"

	lease = "waypost-operator"
)

// Options configure an operator. The zero value is what an installation needs,
// but for the keys.
type Options struct {
	// Namespace is the operator's own: its lease is there, and the trackers' pods.
	// "" means DefaultNamespace.
	Namespace string
	// SnapshotsNamespace holds what is published and nothing else. It must exist.
	// "" means DefaultSnapshotsNamespace.
	SnapshotsNamespace string
	// WatchNamespaces are the networks to serve; none means all namespaces.
	WatchNamespaces []string

	// TrackerURLs are the admin ports of trackers that are no pods, such as
	// http://127.0.0.1:9090. With any, pods are not looked for.
	TrackerURLs []string
	// TrackerNamespace has the trackers' pods; "" means Namespace.
	TrackerNamespace string
	// TrackerSelector selects them; "" means DefaultTrackerSelector.
	TrackerSelector string
	// TrackerPort is the admin port of a pod that names none "admin"; 0 means
	// DefaultTrackerPort.
	TrackerPort int

	// LedgerURL is the admin port of the ledger, such as http://127.0.0.1:9090: what
	// it has suspended is shown in the status of Partners. "" asks no ledger.
	LedgerURL string
	// LedgerTokenFile has the bearer token for it, read each time; "" sends none.
	LedgerTokenFile string

	// PublicURL begins the links of networks without tracking domains.
	PublicURL string
	// Keys are the installation's sealing keys: key digests and sealed links are
	// made with them. Required.
	Keys *seal.Keyring
	// KeysDir is watched for rotated keys; "" means that they do not change.
	KeysDir string
	// KeysSecret is the Secret in Namespace that KeysDir is mounted from. The keys are
	// compared with its ConfigMap (package fingerprints); "" compares none.
	KeysSecret string
	// SigningKey signs what is published. Without one trackers must not ask for
	// signatures, and every account that may write ConfigMaps there decides what they serve.
	SigningKey ed25519.PrivateKey
	// TrustedKeys are former signing keys: what they signed is taken up at start.
	TrustedKeys []ed25519.PublicKey
	// KeepRevisions is how many revisions can be rolled back to, at least 5;
	// 0 means 20.
	KeepRevisions int
	// SecretInterval is how often a referenced Secret is read, and the sealing keys are
	// compared; 0 means 15 s.
	SecretInterval time.Duration

	// DisableLeaderElection is for a single operator on a developer's machine.
	DisableLeaderElection bool
	// LeaseDuration, RenewDeadline and RetryPeriod are those of client-go's leader
	// election; 0 means its 15 s, 10 s and 2 s.
	LeaseDuration, RenewDeadline, RetryPeriod time.Duration

	// MetricsAddress serves /metrics over plain HTTP; "" means
	// DefaultMetricsAddress, "0" nowhere. They name no network, offer or partner,
	// but beyond the loopback a NetworkPolicy should bound the readers.
	MetricsAddress string
	// AdminHandlers are served on MetricsAddress beside /metrics, by path.
	AdminHandlers map[string]http.Handler
	// HealthAddress serves /healthz and /readyz; "" means DefaultHealthAddress,
	// "0" nowhere.
	HealthAddress string
	// Registerer gets the metrics; nil means the one that MetricsAddress serves.
	Registerer prometheus.Registerer
	// Tracer gets a span of each revision's way from the first edit until all
	// trackers serve it; nil for none.
	Tracer trace.Tracer
	// Log is where everything is logged.
	Log logr.Logger
}

// withDefaults fills what is empty; the error names an option that cannot work.
func (o Options) withDefaults() (Options, error) {
	o.Namespace = either(o.Namespace, DefaultNamespace)
	o.SnapshotsNamespace = either(o.SnapshotsNamespace, DefaultSnapshotsNamespace)
	o.TrackerNamespace = either(o.TrackerNamespace, o.Namespace)
	o.TrackerSelector = either(o.TrackerSelector, DefaultTrackerSelector)
	o.TrackerPort = either(o.TrackerPort, DefaultTrackerPort)
	o.LeaseDuration = either(o.LeaseDuration, 15*time.Second)
	o.RenewDeadline = either(o.RenewDeadline, 10*time.Second)
	o.RetryPeriod = either(o.RetryPeriod, 2*time.Second)
	o.MetricsAddress = either(o.MetricsAddress, DefaultMetricsAddress)
	if o.Tracer == nil {
		o.Tracer = noop.NewTracerProvider().Tracer("")
	}
	o.HealthAddress = either(o.HealthAddress, DefaultHealthAddress)
	return o, o.check()
}

// check refuses what could only be ignored later, such as a selector that does not parse.
func (o Options) check() error {
	if o.Keys == nil {
		return errors.New("the operator needs the sealing keys of the installation; trackers and ledger have the same")
	}
	if _, err := labels.Parse(o.TrackerSelector); err != nil {
		return fmt.Errorf("tracker selector %q: %w", o.TrackerSelector, err)
	}
	for _, text := range o.TrackerURLs {
		if !isURL(text) {
			return fmt.Errorf("tracker URL %q: write it like http://127.0.0.1:9090", text)
		}
	}
	if o.LedgerURL != "" && !isURL(o.LedgerURL) {
		return fmt.Errorf("ledger URL %q: write it like http://127.0.0.1:9090", o.LedgerURL)
	}
	return nil
}

// isURL reports whether a text is an absolute http or https URL.
func isURL(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
}

// either is value, or fallback where that is the zero value.
func either[T comparable](value, fallback T) T {
	var zero T
	if value == zero {
		return fallback
	}
	return value
}

// LoadTrustedKeys reads the public keys of former signing keys from a file: PEM blocks
// of PKIX form, as trackers read them.
func LoadTrustedKeys(path string) ([]ed25519.PublicKey, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read trusted keys: %w", err)
	}
	keys, err := snapshot.ParsePublicKeys(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return keys, nil
}

// LoadSigningKey reads the operator's signing key from a file: one PEM block of
// PKCS #8 form, as "openssl genpkey -algorithm ed25519" writes it.
func LoadSigningKey(path string) (ed25519.PrivateKey, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read signing key: %w", err)
	}
	key, err := snapshot.ParsePrivateKey(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return key, nil
}
