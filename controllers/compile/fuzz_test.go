package compile

import (
	"bufio"
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/api/v1alpha1"
	"github.com/waypost/waypost/controllers/kinds"
)

// FuzzCompile compiles objects that no schema has seen. Whatever they hold: no
// panic, every record can be published, and the order of objects does not matter.
func FuzzCompile(f *testing.F) {
	seeds, err := filepath.Glob("testdata/*.in.yaml")
	if err != nil || len(seeds) == 0 {
		f.Fatal("no seeds", err)
	}
	for _, seed := range seeds {
		data, err := os.ReadFile(seed)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		objects, secrets := decodeAll(data)
		forward, backward := New(testOptions), New(testOptions)
		for i := range objects {
			errA, errB := forward.Upsert(objects[i]), backward.Upsert(objects[len(objects)-1-i])
			if errA != nil || errB != nil {
				return // no object of a network
			}
		}
		for _, s := range secrets {
			forward.SetSecret(namespaceOf(s), s.Name, s.Data)
			backward.SetSecret(namespaceOf(s), s.Name, s.Data)
		}
		a, b := forward.Compile(start), backward.Compile(start)
		if !reflect.DeepEqual(a, b) {
			t.Fatalf("the order of objects matters:\n%s", difference(t, a, b))
		}
		for _, r := range a.Upserted {
			if _, err := snapshot.EncodeShard([]*snapshot.Record{r}); err != nil {
				t.Error(err)
			}
		}
		for i := range a.Verdicts {
			if a.Verdicts[i].Accepted.Reason == v1alpha1.ReasonInternalError {
				t.Errorf("%+v", a.Verdicts[i])
			}
		}
	})
}

// decodeAll reads what can be read as objects, the last of each name.
func decodeAll(data []byte) (objects []v1alpha1.Object, secrets []*corev1.Secret) {
	byKey := map[objectKey]v1alpha1.Object{}
	reader := utilyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(data)))
	for {
		document, err := reader.Read()
		if err != nil {
			break
		}
		var meta metav1.TypeMeta
		if yaml.Unmarshal(document, &meta) != nil {
			continue
		}
		if meta.Kind == "Secret" {
			secret := &corev1.Secret{}
			if yaml.Unmarshal(document, secret) == nil {
				secrets = append(secrets, secret)
			}
			continue
		}
		object := newObject(meta.Kind)
		if object == nil || yaml.Unmarshal(document, object) != nil {
			continue
		}
		object.SetNamespace(namespaceOf(object))
		byKey[objectKey{kinds.Of(object).Record, object.GetNamespace(), object.GetName()}] = object
	}
	m := model{objects: byKey}
	for _, key := range m.keys() {
		objects = append(objects, byKey[key])
	}
	return objects, secrets
}
