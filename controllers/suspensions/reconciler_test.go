package suspensions

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-logr/logr/funcr"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	acmetav1 "k8s.io/client-go/applyconfigurations/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/waypost/waypost/api/v1alpha1"
	ac "github.com/waypost/waypost/api/v1alpha1/applyconfiguration/api/v1alpha1"
	"github.com/waypost/waypost/controllers/status"
	"github.com/waypost/waypost/hack/testenv"
)

// plant is a reconciler between a ledger that answers as it is told, and a namespace of
// a real API server.
type plant struct {
	*testing.T
	client.Client
	*Reconciler
	network string
	answer  func(w http.ResponseWriter, r *http.Request)
	events  []string
	logged  []string
}

func newPlant(t *testing.T) *plant {
	t.Helper()
	config := shared.Environment(t).Config
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	direct, err := client.New(config, client.Options{Scheme: scheme})
	if err != nil {
		t.Fatal(err)
	}
	p := &plant{T: t, Client: direct, network: testenv.Namespace(t, config)}
	ledger := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { p.answer(w, r) }))
	t.Cleanup(ledger.Close)
	token := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(token, []byte("s3cret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	log := funcr.New(func(_, text string) { p.logged = append(p.logged, text) }, funcr.Options{})
	p.Reconciler = New(Options{URL: ledger.URL, TokenFile: token, Networks: []string{p.network}, Client: direct, Reader: direct, Recorder: p, Log: log})
	return p
}

// Eventf implements Recorder.
func (p *plant) Eventf(_, _ runtime.Object, kind, reason, _, _ string, _ ...any) {
	p.events = append(p.events, kind+" "+reason)
}

// partner makes a partner whose other conditions the operator has written.
func (p *plant) partner(name string) {
	p.Helper()
	object := &v1alpha1.Partner{ObjectMeta: metav1.ObjectMeta{Namespace: p.network, Name: name}, Spec: v1alpha1.PartnerSpec{Title: name}}
	if err := p.Create(p.Context(), object); err != nil {
		p.Fatal(err)
	}
	p.operator(name, "first")
}

// operator writes the status as the package status does.
func (p *plant) operator(name, message string) {
	p.Helper()
	own := ac.PartnerStatus()
	own.WithConditions(acmetav1.Condition().WithType("Ready").WithStatus("True").WithReason("Served").WithMessage(message).WithLastTransitionTime(metav1.Now()))
	err := p.Client.Status().Apply(p.Context(), ac.Partner(name, p.network).WithStatus(own), client.FieldOwner(status.FieldOwner), client.ForceOwnership)
	if err != nil {
		p.Fatal(err)
	}
}

// conditions are those of a partner, as text.
func (p *plant) conditions(name string) string {
	p.Helper()
	var object v1alpha1.Partner
	if err := p.Get(p.Context(), client.ObjectKey{Namespace: p.network, Name: name}, &object); err != nil {
		p.Fatal(err)
	}
	var words []string
	for _, kind := range []string{"Ready", v1alpha1.ConditionPostbacksSuspended} {
		if c := meta.FindStatusCondition(object.Status.Conditions, kind); c != nil {
			words = append(words, fmt.Sprintf("%s=%s/%s", c.Type, c.Status, c.Reason))
		}
	}
	return strings.Join(words, " ")
}

// tell makes the ledger answer with these, to who may ask.
func (p *plant) tell(list ...suspension) {
	p.answer = func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer s3cret" || r.URL.Query().Get("network") != p.network || r.URL.Query().Get("state") != "suspended" {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		for i := range list {
			list[i].Network = p.network
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"items": list}) // the reconciler reports what it misses
	}
}

func (p *plant) ask() {
	p.Helper()
	if _, err := p.Reconcile(p.Context(), p.network); err != nil || p.failing[p.network] {
		p.Fatal(err, p.logged)
	}
}

func TestSuspensionsAreInTheStatus(t *testing.T) {
	p := newPlant(t)
	p.partner("blog")
	p.partner("mail")
	const ready, both = "Ready=True/Served", "Ready=True/Served PostbacksSuspended=True/CallsFailed"
	expect := func(when, blog, mail string) {
		t.Helper()
		if got := p.conditions("blog") + ", " + p.conditions("mail"); got != blog+", "+mail {
			t.Errorf("%s: %s", when, got)
		}
	}
	p.tell()
	p.ask()
	expect("nothing is suspended", ready, ready)
	p.tell(suspension{Partner: "blog", Name: "sales", HTTPStatus: 502, SuspendedAt: at(1)}, suspension{Partner: "gone", Name: "x", SuspendedAt: at(1)})
	p.ask()
	expect("one is", both, ready)
	p.operator("blog", "second")
	expect("the rest of the status is written again", both, ready)
	version := func() string {
		var object v1alpha1.Partner
		if err := p.Get(t.Context(), client.ObjectKey{Namespace: p.network, Name: "blog"}, &object); err != nil {
			t.Fatal(err)
		}
		return object.ResourceVersion
	}
	before := version()
	p.ask()
	if version() != before {
		t.Error("the same was written again")
	}
	p.answer = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }
	if _, err := p.Reconcile(t.Context(), p.network); err != nil || !p.failing[p.network] {
		t.Error("no failure although the ledger does not answer")
	}
	expect("the ledger does not answer", both, ready)
	p.tell(suspension{Partner: "mail", Name: "all", SuspendedAt: at(2)})
	p.ask()
	expect("another one is", ready, both)
	if got := strings.Join(p.events, ", "); got != "Warning PostbacksSuspended, Normal PostbacksResumed, Warning PostbacksSuspended" {
		t.Errorf("events %s", got)
	}
}

func TestTroubleIsLoggedOnce(t *testing.T) {
	p := newPlant(t)
	failing := fmt.Errorf("no")
	for _, err := range []error{nil, failing, failing, nil, nil} {
		p.report(p.network, err)
	}
	if len(p.logged) != 2 || !strings.Contains(p.logged[0], "stay as they are") || !strings.Contains(p.logged[1], "known again") {
		t.Errorf("logged %q", p.logged)
	}
}

func TestAskRefusesWhatIsNoAnswer(t *testing.T) {
	p := newPlant(t)
	for name, answer := range map[string]http.HandlerFunc{
		"a redirect": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://127.0.0.1:1/", http.StatusFound)
		},
		"no JSON":       func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>") },
		"unauthorized":  func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) },
		"cut off early": func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"items":[{`) },
	} {
		p.answer = answer
		if list, err := p.Reconciler.ask(t.Context(), p.network); err == nil {
			t.Errorf("%s: %v", name, list)
		}
	}
}
