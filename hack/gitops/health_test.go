package gitops

import (
	"encoding/json"
	"flag"
	"os"
	"strings"
	"testing"

	lua "github.com/yuin/gopher-lua"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	kstatus "sigs.k8s.io/cli-utils/pkg/kstatus/status"
	"sigs.k8s.io/yaml"

	"github.com/waypost/waypost/api/v1alpha1"
	"github.com/waypost/waypost/controllers/status"
)

const (
	script    = "../../config/argocd/health.lua"
	configMap = "../../config/argocd/argocd-cm.yaml"
)

var update = flag.Bool("update", false, "rewrite config/argocd/argocd-cm.yaml from health.lua")

// verdict is what both tools make of a status.
type verdict struct{ kstatus, argo string }

var (
	current    = verdict{"Current", "Healthy"}
	paused     = verdict{"Current", "Suspended"}
	inProgress = verdict{"InProgress", "Progressing"}
	failed     = verdict{"Failed", "Degraded"}
)

// TestVerdicts runs the operator's own conditions through both tools.
func TestVerdicts(t *testing.T) {
	served := status.Propagation{Revision: 7, Trackers: 3, Acked: 3, Complete: true}
	under := status.Propagation{Revision: 7, Trackers: 3, Acked: 2}
	invalid := status.Judgement{Reason: v1alpha1.ReasonConflicted, Message: "the older offer has this trackingID"}
	missing := status.Judgement{Reason: v1alpha1.ReasonRefNotFound, Message: "no Advertiser of this name"}
	for name, check := range map[string]struct {
		facts status.Facts
		want  verdict
	}{
		"not judged yet":            {status.Facts{Generation: 2}, inProgress},
		"being published":           {status.Facts{Generation: 2, Judged: true, Current: true, ServedGeneration: 2}, inProgress},
		"on its way":                {published(2, under), inProgress},
		"served":                    {published(2, served), current},
		"no tracker":                {published(2, status.Propagation{Revision: 7}), inProgress},
		"paused":                    {pausedFacts(published(2, served)), paused},
		"invalid, never served":     {status.Facts{Generation: 2, Judged: true, Accepted: invalid}, failed},
		"invalid, an older serves":  {status.Facts{Generation: 2, Judged: true, Accepted: invalid, ServedGeneration: 1, Publication: status.Published, Propagation: served}, failed},
		"a reference is missing":    {status.Facts{Generation: 2, Judged: true, Resolved: missing}, inProgress},
		"publishing fails":          {status.Facts{Generation: 2, Judged: true, Current: true, ServedGeneration: 2, Publication: status.Failed, Detail: "timeout"}, inProgress},
		"a mass deletion is held":   {status.Facts{Generation: 2, Judged: true, Current: true, ServedGeneration: 2, Publication: status.Held, Detail: "confirm"}, failed},
		"some entries are left out": {entriesRefused(published(2, served)), current},
	} {
		t.Run(name, func(t *testing.T) {
			conditions := status.Conditions(check.facts)
			observed := int64(1)
			if check.facts.Judged {
				observed = check.facts.Generation
			}
			if got := judge(t, object(t, 2, observed, conditions)); got != check.want {
				t.Errorf("kstatus and Argo CD say %v, want %v\n%+v", got, check.want, conditions)
			}
		})
	}
}

func published(generation int64, p status.Propagation) status.Facts {
	return status.Facts{Generation: generation, Judged: true, Current: true, ServedGeneration: generation, Publication: status.Published, Propagation: p}
}

func pausedFacts(f status.Facts) status.Facts {
	f.Paused = true
	return f
}

func entriesRefused(f status.Facts) status.Facts {
	f.Resolved = status.Judgement{Reason: v1alpha1.ReasonEntriesRefused, Message: "one override names a private goal"}
	return f
}

// TestVerdictsWithoutStatus: what no operator has written.
func TestVerdictsWithoutStatus(t *testing.T) {
	fresh := object(t, 1, 0, nil)
	delete(fresh.Object, "status")
	unseen := object(t, 1, -1, nil) // as the API server shows an object that nobody has judged
	delete(unseen.Object["status"].(map[string]any), "conditions")
	stale := object(t, 3, 2, status.Conditions(published(2, status.Propagation{Revision: 7, Trackers: 1, Acked: 1, Complete: true})))
	leaving := object(t, 1, 1, nil)
	leaving.Object["metadata"].(map[string]any)["deletionTimestamp"] = "2026-11-20T00:00:00Z"
	if got := argo(t, fresh); got != "Progressing" {
		t.Errorf("no status: Argo CD says %s", got)
	}
	if got := judge(t, unseen); got != inProgress {
		t.Errorf("nothing judged yet: %v, want %v", got, inProgress)
	}
	if got := judge(t, stale); got != inProgress {
		t.Errorf("edited since: %v, want %v", got, inProgress)
	}
	if got := judge(t, leaving); got != (verdict{"Terminating", "Progressing"}) {
		t.Errorf("being deleted: %v", got)
	}
}

func object(t *testing.T, generation, observed int64, conditions any) *unstructured.Unstructured {
	t.Helper()
	data, err := json.Marshal(map[string]any{
		"apiVersion": "waypost.dev/v1alpha1", "kind": "Offer",
		"metadata": map[string]any{"name": "summer-shoes", "namespace": "shop", "generation": generation},
		"status":   map[string]any{"observedGeneration": observed, "conditions": conditions},
	})
	if err != nil {
		t.Fatal(err)
	}
	o := &unstructured.Unstructured{}
	if err := o.UnmarshalJSON(data); err != nil {
		t.Fatal(err)
	}
	return o
}

func judge(t *testing.T, o *unstructured.Unstructured) verdict {
	t.Helper()
	result, err := kstatus.Compute(o)
	if err != nil {
		t.Fatal(err)
	}
	return verdict{result.Status.String(), argo(t, o)}
}

// argo runs the script as Argo CD does: obj is the object, the result has status and message.
func argo(t *testing.T, o *unstructured.Unstructured) string {
	t.Helper()
	state := lua.NewState()
	defer state.Close()
	state.SetGlobal("obj", toLua(state, o.Object))
	if err := state.DoFile(script); err != nil {
		t.Fatal(err)
	}
	result, ok := state.Get(-1).(*lua.LTable)
	if !ok {
		t.Fatal("the script returns no table")
	}
	if message := result.RawGetString("message"); lua.LVAsString(message) == "" {
		t.Error("no message for people")
	}
	return lua.LVAsString(result.RawGetString("status"))
}

func toLua(state *lua.LState, value any) lua.LValue {
	switch v := value.(type) {
	case map[string]any:
		table := state.NewTable()
		for key, inner := range v {
			table.RawSetString(key, toLua(state, inner))
		}
		return table
	case []any:
		table := state.NewTable()
		for _, inner := range v {
			table.Append(toLua(state, inner))
		}
		return table
	case string:
		return lua.LString(v)
	case int64:
		return lua.LNumber(v)
	case float64:
		return lua.LNumber(v)
	case bool:
		return lua.LBool(v)
	}
	return lua.LNil
}

var kinds = []string{"Network", "Advertiser", "Partner", "Offer", "Goal", "PartnerPayout", "PayoutStructure"}

// TestConfigMap: the patch for Argo CD has the script for every kind.
func TestConfigMap(t *testing.T) {
	text, err := os.ReadFile(script)
	if err != nil {
		t.Fatal(err)
	}
	want := "# Generated from health.lua: cd hack/gitops && go test -update. A patch for Argo CD's own ConfigMap.\n" +
		"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: argocd-cm\n  namespace: argocd\n  labels:\n    app.kubernetes.io/name: argocd-cm\n    app.kubernetes.io/part-of: argocd\ndata:\n"
	for _, kind := range kinds {
		want += "  resource.customizations.health.waypost.dev_" + kind + ": |\n    " +
			strings.ReplaceAll(strings.TrimSpace(string(text)), "\n", "\n    ") + "\n"
	}
	want = strings.ReplaceAll(want, "    \n", "\n")
	if *update {
		if err := os.WriteFile(configMap, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(configMap)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Error("argocd-cm.yaml is not made from health.lua: go test -update")
	}
	var parsed struct {
		Data map[string]string `json:"data"`
	}
	if err := yaml.Unmarshal(got, &parsed); err != nil || len(parsed.Data) != len(kinds) {
		t.Errorf("%d scripts (%v), want one for each kind", len(parsed.Data), err)
	}
}
