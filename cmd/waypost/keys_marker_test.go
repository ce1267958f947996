package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/fake"
	"sigs.k8s.io/controller-runtime/pkg/envtest"

	"github.com/waypost/waypost/api/seal"
	"github.com/waypost/waypost/controllers/fingerprints"
	"github.com/waypost/waypost/hack/testenv"
)

// TestABrokenSecretHasRemedies, as a broken file has, whichever command reads it.
func TestABrokenSecretHasRemedies(t *testing.T) {
	for name, test := range map[string]struct {
		data   map[string][]byte
		marker bool
		want   []string
	}{
		"empty":             {map[string][]byte{seal.FileName: nil}, true, []string{"restore the Secret from its copy, or delete it and run waypost keys init: then others are made only with the code of that loss"}},
		"truncated":         {map[string][]byte{seal.FileName: []byte(`{"keys":[{"id":1,`)}, true, []string{"sealing-keys.json", "restore the Secret from its copy, or delete it"}},
		"of another name":   {map[string][]byte{"keys.json": []byte(`{}`)}, true, []string{"the Secret keys holds no sealing-keys.json", "restore the Secret from its copy"}},
		"without a marker":  {map[string][]byte{seal.FileName: nil}, false, []string{"restore the Secret from its copy, or, if nothing was ever made with it, delete it"}},
		"nothing in it yet": {nil, false, []string{"the Secret keys holds no sealing-keys.json"}},
	} {
		t.Run(name, func(t *testing.T) {
			client := fake.NewClientset(&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: "system", Name: "keys"}, Data: test.data})
			if test.marker {
				if err := testKeySecret(client).remember(t.Context(), nil, ringOf(t, day)); err != nil {
					t.Fatal(err)
				}
			}
			_, initErr := testKeySecret(client).init(t.Context(), "")
			_, loadErr := testKeySecret(client).load(t.Context())
			for _, err := range []error{initErr, loadErr} {
				for _, want := range test.want {
					if err == nil || !strings.Contains(err.Error(), want) {
						t.Errorf("%v\nwant %q", err, want)
					}
				}
			}
		})
	}
}

// TestABrokenSigningSecretHasRemedies: the pair is made anew as a pair.
func TestABrokenSigningSecretHasRemedies(t *testing.T) {
	client := fake.NewClientset(&corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: "system", Name: "keys-signing"}, Data: map[string][]byte{signingKeyFile: []byte("no key")},
	})
	err := testKeySecret(client).initSigning(t.Context())
	if err == nil || !strings.Contains(err.Error(), "the Secret keys-signing") || !strings.Contains(err.Error(), "restore it from its copy, or delete it and keys-verify") {
		t.Errorf("%v", err)
	}
}

// TestMountedKeysHaveRemedies: operator, trackers and ledger end with what to do.
func TestMountedKeysHaveRemedies(t *testing.T) {
	empty, broken := t.TempDir(), t.TempDir()
	write(t, broken, "{")
	for _, dir := range []string{empty, broken} {
		_, err := mountedKeys(dir)
		if err == nil || !strings.Contains(err.Error(), dir) || !strings.Contains(err.Error(), "mount the installation's Secret there (--keys)") {
			t.Errorf("%v", err)
		}
	}
}

// cluster runs waypost keys on an API server.
type cluster struct {
	*kubernetes.Clientset
	t                     *testing.T
	kubeconfig, namespace string
}

func newCluster(t *testing.T) *cluster {
	t.Helper()
	environment := testenv.Start(t)
	admin, err := environment.AddUser(envtest.User{Name: "anna", Groups: []string{"system:masters"}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	config, err := admin.KubeConfig()
	if err != nil {
		t.Fatal(err)
	}
	c := &cluster{t: t, kubeconfig: filepath.Join(t.TempDir(), "kubeconfig"), namespace: testenv.Namespace(t, environment.Config)}
	if err := os.WriteFile(c.kubeconfig, config, 0o600); err != nil {
		t.Fatal(err)
	}
	if c.Clientset, err = kubernetes.NewForConfig(environment.Config); err != nil {
		t.Fatal(err)
	}
	return c
}

func (c *cluster) keys(command string, flags ...string) (string, error) {
	c.t.Helper()
	return keysCommand(c.t, append([]string{command, "--kubeconfig", c.kubeconfig, "--secret", c.namespace + "/waypost-keys"}, flags...)...)
}

// restore puts a ring into the Secret, as kubectl apply of a copy does.
func (c *cluster) restore(ring *seal.Keyring) {
	c.t.Helper()
	data, err := ring.Encode()
	if err != nil {
		c.t.Fatal(err)
	}
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "waypost-keys"}, Data: map[string][]byte{seal.FileName: data}}
	if _, err := c.CoreV1().Secrets(c.namespace).Update(c.t.Context(), secret, metav1.UpdateOptions{}); err != nil {
		c.t.Fatal(err)
	}
}

// noted writes into the ConfigMap what the operator finds in its mount.
func (c *cluster) noted(ring *seal.Keyring) {
	c.t.Helper()
	marker := c.marker()
	marker.Data = fingerprints.Entries(ring)
	if _, err := c.CoreV1().ConfigMaps(c.namespace).Update(c.t.Context(), marker, metav1.UpdateOptions{}); err != nil {
		c.t.Fatal(err)
	}
}

func (c *cluster) marker() *corev1.ConfigMap {
	c.t.Helper()
	marker, err := c.CoreV1().ConfigMaps(c.namespace).Get(c.t.Context(), "waypost-keys-fingerprints", metav1.GetOptions{})
	if err != nil {
		c.t.Fatal(err)
	}
	return marker
}

// secrets counts them: a copy is kept by keys retire alone.
func (c *cluster) secrets() int {
	c.t.Helper()
	list, err := c.CoreV1().Secrets(c.namespace).List(context.Background(), metav1.ListOptions{})
	if err != nil {
		c.t.Fatal(err)
	}
	return len(list.Items)
}

// TestAnOlderCopyOfTheSecretIsNamed by every command that reads it, on an API server. None
// of them goes on with it: a rotation of it would make the loss unrecognisable. The code
// accepts this loss and no later one.
func TestAnOlderCopyOfTheSecretIsNamed(t *testing.T) {
	c := newCluster(t)
	if out, err := c.keys("init"); err != nil {
		t.Fatal(out, err)
	}
	older := ringOf(t, 400*day, 200*day)
	newer, err := older.Rotate(time.Now().Add(-100*day - seal.RotationDelay))
	if err != nil {
		t.Fatal(err)
	}
	c.restore(newer)
	c.noted(newer)
	for _, command := range []string{"init", "list"} {
		if out, err := c.keys(command); err != nil {
			t.Fatal(command, out, err)
		}
	}

	c.restore(older)
	print, _, _ := strings.Cut(newer.Fingerprints()[2], "@")
	code := ""
	for _, command := range []string{"init", "init --new-keys 00000000", "list", "rotate", "retire", "retire --unused-for 0s --force"} {
		args := strings.Fields(command)
		out, err := c.keys(args[0], args[1:]...)
		for _, want := range []string{
			"the Secret waypost-keys with the sealing keys is an older copy", "with the fingerprint " + print, "Restore the Secret from its newest copy",
			"run waypost keys init --secret " + c.namespace + "/waypost-keys once with --new-keys ",
		} {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v\nwant %q", command, err, want)
			}
		}
		if listed := strings.Count(out, "\n") == 3; listed != (args[0] == "list") {
			t.Errorf("%s printed\n%s", command, out)
		}
		if named := codeIn(err); code == "" {
			code = named
		} else if named != code {
			t.Errorf("%s: the code %s has become %s", command, code, named)
		}
	}
	if n := c.secrets(); n != 1 {
		t.Errorf("%d Secrets, want the one", n)
	}

	if out, err := c.keys("init", "--new-keys", code); err != nil {
		t.Fatal(out, err)
	}
	for _, command := range []string{"init", "list", "rotate"} {
		if out, err := c.keys(command); err != nil {
			t.Errorf("%s after the loss was accepted: %s %v", command, out, err)
		}
	}
	if known := c.marker().Data["fingerprints"]; known != strings.Join(older.Fingerprints(), " ") {
		t.Errorf("remembered is %s", known)
	}
	c.restore(ringOf(t, 500*day))
	if out, err := c.keys("init", "--new-keys", code); err == nil {
		t.Errorf("the same code permitted a second loss: %s", out)
	}
	// A key that has yet to begin may be missing: that rotation was taken back.
	begun, err := older.Rotate(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	c.noted(begun)
	c.restore(older)
	if out, err := c.keys("list"); err != nil {
		t.Errorf("a rotation that was taken back is a loss: %s %v", out, err)
	}
}
