package admission

import (
	"encoding/json"
	"slices"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/waypost/waypost/api/v1alpha1"
	"github.com/waypost/waypost/hack/testenv"
)

// TestGoalColumns: what "kubectl get goals" prints, and what "-o wide" adds.
func TestGoalColumns(t *testing.T) {
	server, namespace := newClient(t), testenv.Namespace(t, config(t))
	payout := &v1alpha1.Payout{Type: v1alpha1.PayoutTypeFlat, Flat: "1.00", Tiers: []v1alpha1.PayoutTier{{Tier: "gold", Flat: "1.20"}}}
	revenue := &v1alpha1.Payout{Type: v1alpha1.PayoutTypeFlatAndPercentage, Flat: "1", Percent: "20"}
	goal := &v1alpha1.Goal{
		ObjectMeta: metav1.ObjectMeta{Name: "purchase", Namespace: namespace},
		Spec: v1alpha1.GoalSpec{
			OfferRef: v1alpha1.ObjectRef{Name: "summer-shoes"}, Value: "2", Title: "Purchase",
			GoalSettings: v1alpha1.GoalSettings{Payout: payout, Revenue: revenue},
		},
	}
	if err := server.Create(t.Context(), goal); err != nil {
		t.Fatal(err)
	}
	goal.Status = v1alpha1.GoalStatus{Advertiser: "acme-shoes", Payout: payout.Display(), Revenue: revenue.Display()}
	goal.SetConditions([]metav1.Condition{{
		Type: v1alpha1.ConditionReady, Status: metav1.ConditionTrue, Reason: v1alpha1.ReasonServed, LastTransitionTime: metav1.Now(),
	}})
	if err := server.Status().Update(t.Context(), goal); err != nil {
		t.Fatal(err)
	}

	table := getTable(t, namespace, "goals")
	narrow := map[string]any{
		"Name": "purchase", "Value": "2", "Offer": "summer-shoes", "State": "Active",
		"Payout": "1.00, tiers: gold 1.20", "Revenue": "1 + 20%", "Ready": "True",
	}
	wide := map[string]any{
		"Advertiser": "acme-shoes", "Protocol": "Server", "End Point": "Disabled",
		"Visibility": "Public", "Multiple Conversions": "Disabled",
	}
	assertColumns(t, table, 0, narrow)
	assertColumns(t, table, 1, wide)
}

// TestColumns: each kind has at most seven columns of its own, the name included, and says whether it is ready.
func TestColumns(t *testing.T) {
	for kind, names := range resourceNames {
		var columns []string
		for _, column := range getTable(t, "default", names[0]).ColumnDefinitions {
			if column.Priority == 0 {
				columns = append(columns, column.Name)
			}
		}
		if len(columns) > 7 || !slices.Contains(columns, "Ready") {
			t.Errorf("%s shows %v, want at most 7 columns with Ready among them", kind, columns)
		}
	}
}

// getTable asks for a list as kubectl does.
func getTable(t *testing.T, namespace, resource string) *metav1.Table {
	t.Helper()
	server, err := kubernetes.NewForConfig(config(t))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := server.RESTClient().Get().
		AbsPath("/apis", v1alpha1.GroupName, v1alpha1.GroupVersion.Version).
		Namespace(namespace).Resource(resource).
		SetHeader("Accept", "application/json;as=Table;v=v1;g=meta.k8s.io").
		DoRaw(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var table metav1.Table
	if err := json.Unmarshal(answer, &table); err != nil {
		t.Fatal(err)
	}
	return &table
}

// assertColumns checks the only row's cells in the columns of a priority: 0 is always printed, 1 with -o wide.
func assertColumns(t *testing.T, table *metav1.Table, priority int32, want map[string]any) {
	t.Helper()
	if len(table.Rows) != 1 {
		t.Fatalf("%d rows, want 1", len(table.Rows))
	}
	got := map[string]any{}
	for i, column := range table.ColumnDefinitions {
		if column.Priority == priority {
			got[column.Name] = table.Rows[0].Cells[i]
		}
	}
	for name, cell := range want {
		if got[name] != cell {
			t.Errorf("column %q = %v, want %v", name, got[name], cell)
		}
	}
	if len(got) != len(want) {
		t.Errorf("columns of priority %d: %v, want %v", priority, got, want)
	}
}
